using System.Data.Common;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Runs statements that are not ours, once, and lets the driver's errors through as they are.</summary>
internal static class RawStatements
{
    public static Task<int> RunAsync(this PostgresStore store, string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken) =>
        WithTenantAsync(store, async () =>
        {
            if (store is { IsByTenant: true, Tenants.Owner.ApplicationTenant: { } tenant })
            {
                var batch = store.Tenants.Of(tenant, BatchCommand(sql, parameters));
                await using var __ = batch.ConfigureAwait(false);
                return await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            var command = Command(store, sql, parameters);
            await using var _ = command.ConfigureAwait(false);
            return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }, cancellationToken);

    public static Task<List<T>> RunAsync<T>(this PostgresStore store, string sql, IReadOnlyList<object?> parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken) =>
        WithTenantAsync(store, async () =>
        {
            if (store is { IsByTenant: true, Tenants.Owner.ApplicationTenant: { } tenant })
            {
                var batch = store.Tenants.Of(tenant, BatchCommand(sql, parameters));
                await using var __ = batch.ConfigureAwait(false);
                var answers = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
                await using var ___ = answers.ConfigureAwait(false);
                await answers.NextResultAsync(cancellationToken).ConfigureAwait(false);
                return await ReadAsync(answers, read, cancellationToken).ConfigureAwait(false);
            }
            var command = Command(store, sql, parameters);
            await using var _ = command.ConfigureAwait(false);
            var data = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var ____ = data.ConfigureAwait(false);
            return await ReadAsync(data, read, cancellationToken).ConfigureAwait(false);
        }, cancellationToken);

    // Refused because row-level security was switched on since the store was opened: nothing was done, and it is run once more with the tenant's name.
    private static async Task<T> WithTenantAsync<T>(PostgresStore store, Func<Task<T>> run, CancellationToken cancellationToken)
    {
        var wasByTenant = store.IsByTenant;
        try
        {
            return await run().ConfigureAwait(false);
        }
        catch (PostgresException e) when (!wasByTenant && PostgresErrors.IsOfRowSecurity(e))
        {
            if (!store.IsByTenant && !await store.LookAsync(cancellationToken).ConfigureAwait(false)) throw;
            return await run().ConfigureAwait(false);
        }
    }

    private static async Task<List<T>> ReadAsync<T>(NpgsqlDataReader data, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var rows = new List<T>();
        while (await data.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(read(data));
        return rows;
    }

    private static NpgsqlBatchCommand BatchCommand(string sql, IReadOnlyList<object?> parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(PostgresTypes.Of(value));
        return command;
    }

    private static NpgsqlCommand Command(PostgresStore store, string sql, IReadOnlyList<object?> parameters)
    {
        var command = store.Work.CreateCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(PostgresTypes.Of(value));
        return command;
    }
}
