using System.Data.Common;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Runs statements that are not ours, once, and lets the driver's errors through as they are.</summary>
internal static class RawStatements
{
    public static async Task<int> RunAsync(this PostgresStore store, string sql, IReadOnlyList<object?> parameters, CancellationToken cancellationToken)
    {
        var command = Command(store, sql, parameters);
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task<List<T>> RunAsync<T>(this PostgresStore store, string sql, IReadOnlyList<object?> parameters, Func<DbDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = Command(store, sql, parameters);
        await using var _ = command.ConfigureAwait(false);
        var data = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = data.ConfigureAwait(false);
        var rows = new List<T>();
        while (await data.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(read(data));
        return rows;
    }

    private static NpgsqlCommand Command(PostgresStore store, string sql, IReadOnlyList<object?> parameters)
    {
        var command = store.Work.CreateCommand(sql);
        foreach (var value in parameters) command.Parameters.Add(PostgresTypes.Of(value));
        return command;
    }
}
