using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Works on an index while writes go on. A limit on the wait for locks would cut it down, since it waits for every older
/// transaction; what a cut leaves is an invalid index, which costs every write and helps nobody: it is taken away before and after.
/// </summary>
internal sealed class ConcurrentStatement(MigrationRun run, string script, IReadOnlyList<string> settings)
{
    private const string OlderTransactions = """
        select string_agg(format('process %s%s, open for %s s', pid, coalesce(' of ' || nullif(application_name, ''), ''), round(extract(epoch from clock_timestamp() - xact_start)::numeric, 1)), '; ')
        from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and clock_timestamp() - xact_start > $1 and pid <> pg_backend_pid()
        """;

    /// <summary>Named as the statement names it, on its table; or what a cut REINDEX CONCURRENTLY leaves beside an index. One that is being built right now is left alone.</summary>
    private const string Indexes = """
        select format('%I.%I', n.nspname, c.relname), i.indisvalid and i.indisready, c.relname ~ '_cc(new|old)[0-9]*$'
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace
        where case $1
            when 'Create' then c.relname = $2 and i.indrelid = to_regclass(nullif($3, ''))
            when 'Drop' then c.oid = to_regclass(nullif($4, ''))
            else (c.oid = to_regclass(nullif($4, '')) or i.indrelid = to_regclass(nullif($3, ''))
              or i.indrelid = (select indrelid from pg_index where indexrelid = to_regclass(nullif($4, ''))) and c.relname ~ '_cc(new|old)[0-9]*$' and starts_with(c.relname, $2)) end
          and not exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid)
        """;

    private static readonly TimeSpan Cleaning = TimeSpan.FromSeconds(10);

    // A program that was told to end is ended by force some seconds later, and has to say what stands.
    private static readonly TimeSpan CleaningCancelled = TimeSpan.FromSeconds(1.5);

    /// <param name="statement">The statement.</param>
    /// <param name="index">What it works on.</param>
    /// <param name="cutBefore">True where a run of it was cut, so that it may be done already.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task RunAsync(SqlStatement statement, ConcurrentIndex index, bool cutBefore, CancellationToken cancellationToken)
    {
        await run.SetAsync(TimeSpan.Zero, TimeSpan.Zero, local: false, settings, limitsHold: true, cancellationToken).ConfigureAwait(false);
        var there = await FindAsync(index, cancellationToken).ConfigureAwait(false);
        if (cutBefore && index.Action switch { ConcurrentAction.Create => there.Any(found => found.Valid), ConcurrentAction.Drop => there.Count == 0, _ => false })
        {
            run.Tell(MigrationEventKind.Progress, script, $"{index.Index} was done before the run was cut");
            return;
        }
        await DropInvalidAsync(index, there, cancellationToken).ConfigureAwait(false);
        await WarnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var watch = ServerWatch.Build(run.Session, run.Target, seen => run.Tell(MigrationEventKind.Progress, script, seen));
            await using var _ = watch.ConfigureAwait(false);
            await run.ExecuteAsync(statement.Sql, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is PostgresException or OperationCanceledException && run.Connection.FullState == System.Data.ConnectionState.Open)
        {
            await CleanAsync(index, e).ConfigureAwait(false);
            throw;
        }
        if (index.Action == ConcurrentAction.Drop) return;
        var after = await FindAsync(index, cancellationToken).ConfigureAwait(false);
        if (after.FirstOrDefault(found => !found.Valid) is { Name: { } invalid }) throw new MigrationFailedException($"the index {invalid} is there and invalid after it was built.");
        if (index.Index is not null && after.Count == 0) throw new MigrationFailedException($"the index {index.Index} is not there after it was built.");
    }

    private async Task WarnAsync(CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(OlderTransactions, run.Connection) { Parameters = { new() { Value = run.Target.Options.OldTransaction } } };
        await using var _ = command.ConfigureAwait(false);
        if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string { Length: > 0 } old)
            run.Tell(MigrationEventKind.Blocked, script, $"it waits for the end of every transaction that is older than it: {old}");
    }

    private async Task DropInvalidAsync(ConcurrentIndex index, IReadOnlyList<(string Name, bool Valid, bool Leftover)> there, CancellationToken cancellationToken)
    {
        foreach (var (name, valid, leftover) in there)
        {
            if (valid || index.Action == ConcurrentAction.Drop || (index.Action == ConcurrentAction.Reindex && !leftover)) continue;
            run.Tell(MigrationEventKind.Progress, script, $"{name} is invalid, left by a build that was cut; it is dropped first");
            await run.ExecuteAsync($"drop index concurrently if exists {name}", cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task CleanAsync(ConcurrentIndex index, Exception why)
    {
        try
        {
            var limit = why is OperationCanceledException ? CleaningCancelled : Cleaning;
            await run.SetAsync(limit, limit, local: false, settings, limitsHold: true, CancellationToken.None).ConfigureAwait(false);
            await DropInvalidAsync(index, await FindAsync(index, CancellationToken.None).ConfigureAwait(false), CancellationToken.None).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            run.Tell(MigrationEventKind.Progress, script, $"what is left of {index.Index} could not be dropped ({e.MessageText}) after: {why.Message}; 'holdfast schema resume' does it");
        }
    }

    private async Task<IReadOnlyList<(string Name, bool Valid, bool Leftover)>> FindAsync(ConcurrentIndex index, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Indexes, run.Connection)
        {
            Parameters =
            {
                new() { Value = index.Action.ToString() }, new() { Value = index.Index?.Name ?? "" },
                new() { Value = index.Table?.Quoted ?? "" }, new() { Value = index.Index?.Quoted ?? "" },
            },
        };
        await using var _ = command.ConfigureAwait(false);
        var found = new List<(string, bool, bool)>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) found.Add((SqlQuote.Quoted(reader.GetString(0)), reader.GetBoolean(1), reader.GetBoolean(2)));
        return found;
    }
}
