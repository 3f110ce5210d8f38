using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Takes migrations back by their undo files, the last one first.</summary>
internal sealed class SchemaUndo(MigrationTarget target)
{
    /// <summary>What would be taken back, in order, and what would be lost by it; changes nothing.</summary>
    /// <param name="steps">How many; null: all above <paramref name="to"/>.</param>
    /// <param name="to">The version that shall be the last.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">One of them has no undo file.</exception>
    public async Task<IReadOnlyList<UndoStep>> PlanAsync(int? steps, string? to, CancellationToken cancellationToken)
    {
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        try
        {
            var planned = new List<UndoStep>();
            foreach (var file in Files(await target.ReadAsync(connection, cancellationToken).ConfigureAwait(false), steps, to))
                planned.Add(new UndoStep(MigrationStep.Of(file), file.Script.Sql, await UndoLoss.FindAsync(connection, file.Script.Statements, target, locked: false, cancellationToken).ConfigureAwait(false)));
            return planned;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }

    /// <summary>Takes them back, and reads again that they are.</summary>
    /// <exception cref="SchemaException">Rows would be lost, or the history is not the one of these files.</exception>
    public async Task<IReadOnlyList<MigrationStep>> RunAsync(int? steps, string? to, string? remark, IProgress<MigrationEvent>? progress, CancellationToken cancellationToken)
    {
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await MigrationSession.StartAsync(connection, target, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            var run = new MigrationRun(target, session, progress);
            var files = Files(await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false), steps, to);
            // All of them before the first: half of an undo is what nobody wants. Each looks again under its lock.
            foreach (var file in files) await UndoLoss.RefuseAsync(session.Connection, file, target, locked: false, cancellationToken).ConfigureAwait(false);
            var undone = new List<MigrationStep>();
            foreach (var file in files)
            {
                run.Tell(MigrationEventKind.Started, file.File.Script, "begins");
                undone.Add(await UndoneFile.RunAsync(run, file, remark, cancellationToken).ConfigureAwait(false));
            }
            var rows = await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            if (rows.FirstOrDefault(row => row.IsCurrent && files.Any(file => file.File.Version!.Equals(MigrationVersion.Parse(row.Version!)))) is { } left)
                throw new SchemaVerificationException($"{target.Name}: {left.Script} was taken back and is still recorded as {left.State}.");
            return undone;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }

    private List<PreparedFile> Files(IReadOnlyList<HistoryRow> rows, int? steps, string? to)
    {
        if (target.Plan(rows).Unfinished is { } unfinished)
            throw new SchemaException($"{target.Name}: {unfinished.Script} is {unfinished.State}. Go on with it first: holdfast schema resume");
        var current = rows.Where(row => row.IsCurrent).ToList();
        var last = to is null ? null : MigrationVersion.Parse(to, "to");
        if (last is not null && last.CompareTo(MigrationVersion.Parse("0")) != 0 && current.All(row => !MigrationVersion.Parse(row.Version!).Equals(last)))
            throw new InvalidInputException("to", $"{last} was not applied to {target.Name}; it is at {(current.Count > 0 ? current[^1].Version : "none")}.");
        return [.. Enumerable.Reverse(current).Where(row => last is null || MigrationVersion.Parse(row.Version!) > last).Take(last is null ? steps ?? 1 : int.MaxValue).Select(Undo)];
    }

    private PreparedFile Undo(HistoryRow row)
    {
        if (row.Kind == "B") throw new SchemaException($"{target.Name}: {row.Script} was there before its history (baseline); it is not taken back.");
        return (target.Set.Undo(MigrationVersion.Parse(row.Version!)) ?? throw new SchemaException(
            $"{target.Name}: {row.Script} has no undo file{(target.Set.IsShipped ? " (it makes the tables themselves: to take it back is to throw all memories away)" : $"; write U{row.Script[1..]} in {target.Set.Origin}")}. Nothing was changed.")).Prepare(target.Schema);
    }
}

/// <summary>A migration that is to be taken back.</summary>
/// <param name="Step">The undo file.</param>
/// <param name="Sql">What it runs.</param>
/// <param name="Losses">What would be lost; empty: nothing.</param>
internal sealed record UndoStep(MigrationStep Step, string Sql, IReadOnlyList<string> Losses);
