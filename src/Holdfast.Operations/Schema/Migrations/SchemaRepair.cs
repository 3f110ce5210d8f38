using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Accepts files that were changed after they ran: the one way to do so, and it keeps who did it and why.</summary>
internal sealed class SchemaRepair(MigrationTarget target)
{
    /// <summary>The rows whose file has another content by now, or whose chain is wrong; changes nothing.</summary>
    public async Task<IReadOnlyList<RepairStep>> PlanAsync(CancellationToken cancellationToken) => Steps(await target.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Accepts them and reads the history again.</summary>
    /// <exception cref="SchemaException">A file that is not ended begins with other statements than those that are done.</exception>
    /// <exception cref="SchemaVerificationException">It is still not the history of these files.</exception>
    public async Task<IReadOnlyList<RepairStep>> RunAsync(string reason, CancellationToken cancellationToken)
    {
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await MigrationSession.StartAsync(connection, target, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            var steps = Steps(await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false));
            if (steps.Count == 0) return steps;
            var transaction = await session.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            foreach (var (row, file, was, _) in steps)
            {
                // Prepared, so that a file that could never run is not accepted.
                var prepared = file.Prepare(target.Schema);
                if (row.IsUnfinished) StatementsDone.Check(row, prepared, target.Name);
                await target.History.AcceptAsync(session.Connection, row.Rank, file.Script, file.Checksum, prepared.Statements,
                    FormattableString.Invariant($"repaired {target.Time.GetUtcNow():yyyy-MM-dd HH:mm:ss}Z by {DestructiveGuard.Who} (checksum was {was}): {reason}"), cancellationToken).ConfigureAwait(false);
            }
            await target.History.RechainAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            if (Steps(await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false)) is { Count: > 0 } left)
                throw new SchemaVerificationException($"{target.Name}: {left[0].Script} still differs after the repair.");
            return steps;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }

    private static string Unknown(HistoryRow row) => row.IsUnfinished && !StatementsDone.IsKnown(row)
        ? $"; an older program began it, and it is not known which {row.LastStatement} statements are done: see that the file still begins with them" : "";

    private List<RepairStep> Steps(IReadOnlyList<HistoryRow> rows)
    {
        var chains = HistoryChain.Of(rows).ToDictionary(link => link.Row.Rank, link => link.Chain);
        var steps = new List<RepairStep>();
        foreach (var row in rows.Where(row => row.IsCurrent || row.IsUnfinished))
        {
            var file = MigrationPlan.FileOf(row, target.Set, target.Name);
            if (file.Checksum != row.Checksum) steps.Add(new RepairStep(row, file, row.Checksum[..12], $"has another content: {row.Checksum[..12]} was applied, {file.Checksum[..12]} is here{Unknown(row)}"));
            else if (chains.TryGetValue(row.Rank, out var chain) && chain != row.ChainHash && steps.Count == 0) steps.Add(new RepairStep(row, file, row.Checksum[..12], "has a chain that does not follow from the rows before it"));
        }
        return steps;
    }
}

/// <summary>A row that does not agree with its file.</summary>
internal sealed record RepairStep(HistoryRow Row, MigrationFile File, string Was, string Problem)
{
    public string Script => File.Script;
}
