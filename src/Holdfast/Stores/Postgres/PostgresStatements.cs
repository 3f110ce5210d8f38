using System.Runtime.CompilerServices;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Runs statements in one round trip each: as they are, or with their tenant's name where row-level security holds the role to one.</summary>
internal sealed class PostgresStatements(NpgsqlDataSource work, TenantCommands tenants, TenantWatch watch, string address)
{
    public async IAsyncEnumerable<T> QueryAsync<T>(
        Statement statement, object?[] parameters, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!watch.IsByTenant && IsWatched(statement))
        {
            var watched = tenants.Watched(statement, parameters);
            await using var __ = watched.ConfigureAwait(false);
            if (await UnlessByTenantAsync(watched.ExecuteReaderAsync, cancellationToken).ConfigureAwait(false) is { } data)
            {
                await foreach (var item in ReadWatchedAsync(data, read, cancellationToken).ConfigureAwait(false)) yield return item;
                yield break;
            }
        }
        if (!watch.IsByTenant)
        {
            var found = false;
            var command = Command(statement, parameters);
            await using (command.ConfigureAwait(false))
            {
                // The driver reads as far as the first row here: a policy that refuses has done so before one is given out.
                var data = await UnlessByTenantAsync(command.ExecuteReaderAsync, cancellationToken).ConfigureAwait(false);
                if (data is not null)
                {
                    await using var __ = data.ConfigureAwait(false);
                    var reader = new PostgresReader(data) { Source = new ReadSource(address, MayBeStale: false) };
                    while (await watch.RunAsync(ct => data.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
                    {
                        found = true;
                        yield return read(reader);
                    }
                }
            }
            if (found || !await watch.HasBecomeByTenantAsync(cancellationToken).ConfigureAwait(false)) yield break;
        }
        var batch = tenants.Of(statement, parameters, out var named);
        await using var _ = batch.ConfigureAwait(false);
        var rows = await watch.RunAsync(ct => TenantCommands.ReadAsync(batch, named, ct), cancellationToken).ConfigureAwait(false);
        await using var ___ = rows.ConfigureAwait(false);
        var answer = new PostgresReader(rows) { Source = new ReadSource(address, MayBeStale: false) };
        while (await watch.RunAsync(ct => rows.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
            yield return read(answer);
    }

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => watch.RunAsync(async ct =>
    {
        var rows = new List<T>();
        if (!watch.IsByTenant)
        {
            var command = Command(statement, parameters);
            await using (command.ConfigureAwait(false))
            {
                var data = await command.ExecuteReaderAsync(ct).ConfigureAwait(false);
                await using var __ = data.ConfigureAwait(false);
                var reader = new PostgresReader(data);
                while (await data.ReadAsync(ct).ConfigureAwait(false)) rows.Add(read(reader));
            }
            if (rows.Count > 0 || !await watch.HasBecomeByTenantAsync(ct).ConfigureAwait(false)) return rows;
        }
        var batch = tenants.Of(statement, parameters, out var named);
        await using var _ = batch.ConfigureAwait(false);
        var result = await TenantCommands.ReadAsync(batch, named, ct).ConfigureAwait(false);
        await using var ___ = result.ConfigureAwait(false);
        var answer = new PostgresReader(result);
        while (await result.ReadAsync(ct).ConfigureAwait(false)) rows.Add(read(answer));
        return rows;
    }, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => watch.RunAsync(async ct =>
    {
        if (!watch.IsByTenant)
        {
            var command = Command(statement, parameters);
            await using var _ = command.ConfigureAwait(false);
            var changed = await command.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
            if (changed != 0 || !await watch.HasBecomeByTenantAsync(ct).ConfigureAwait(false)) return changed;
        }
        var batch = tenants.Of(statement, parameters, out bool _);
        await using var __ = batch.ConfigureAwait(false);
        return await batch.ExecuteNonQueryAsync(ct).ConfigureAwait(false);
    }, cancellationToken);

    // A count of nothing is a row as well: what goes over all tenants, or over all of one, is watched as long as a policy could hold this role.
    private bool IsWatched(Statement statement) => !watch.IsExempt && (statement.MayTakeLong || tenants.Text(statement).Scope == StatementScope.Everybody);

    /// <summary>
    /// Reads, and asks in the same transaction whether row-level security has left rows out: what the query has locked nobody can switch
    /// it on for in between.
    /// </summary>
    private async IAsyncEnumerable<T> ReadWatchedAsync<T>(NpgsqlDataReader data, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var _ = data.ConfigureAwait(false);
        var reader = new PostgresReader(data) { Source = new ReadSource(address, MayBeStale: false) };
        var (last, any) = (default(T), false);
        while (await watch.RunAsync(ct => data.ReadAsync(ct), cancellationToken).ConfigureAwait(false))
        {
            if (any) yield return last!;
            (last, any) = (read(reader), true);
        }
        // Before the last row: who takes the first of one row, a count, does not come back for the end.
        var security = await watch.RunAsync(async ct =>
        {
            await data.NextResultAsync(ct).ConfigureAwait(false);
            await data.ReadAsync(ct).ConfigureAwait(false);
            return RowSecurity.Read(data);
        }, cancellationToken).ConfigureAwait(false);
        watch.Check(security);
        if (any) yield return last!;
    }

    /// <summary>What the server answers; null: a policy refused it, and the same is to be asked with the tenant's name.</summary>
    private Task<NpgsqlDataReader?> UnlessByTenantAsync(Func<CancellationToken, Task<NpgsqlDataReader>> ask, CancellationToken cancellationToken)
    {
        var wasAsked = false;
        return watch.RunAsync(async ct =>
        {
            if (wasAsked && watch.IsByTenant) return null;
            wasAsked = true;
            return await ask(ct).ConfigureAwait(false);
        }, cancellationToken);
    }

    private NpgsqlCommand Command(Statement statement, object?[] parameters)
    {
        var command = work.CreateCommand(tenants.Text(statement).Sql);
        if (statement.MayTakeLong) command.CommandTimeout = 0;
        foreach (var parameter in parameters)
            command.Parameters.Add(parameter as NpgsqlParameter ?? PostgresTypes.Of(parameter));
        return command;
    }
}
