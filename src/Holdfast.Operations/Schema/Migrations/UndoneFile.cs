using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Runs an undo file and records it: the migration is reverted, and the chain ends before it.</summary>
internal static class UndoneFile
{
    public static Task<MigrationStep> RunAsync(MigrationRun run, PreparedFile file, string? remark, CancellationToken cancellationToken)
    {
        if (!file.Directives.Transactional) return StatementwiseOf(run, file, remark).ApplyAsync(null, cancellationToken);
        return new TransactionalFile(run, file)
        {
            // Under the lock of its tables, so that no row comes between the look and the undo.
            Before = token => UndoLoss.RefuseAsync(run.Connection, file, run.Target, locked: true, token),
            Record = async (startedAt, waited, took, token) =>
            {
                await RevertAsync(run, file, token).ConfigureAwait(false);
                await run.Target.History.InsertAsync(run.Connection,
                    NewHistoryRow.Of(file, await EndAsync(run, token).ConfigureAwait(false), "reverted", remark, startedAt) with { FinishedAt = run.Target.Time.GetUtcNow(), LockWaitMs = waited, DurationMs = took }, token).ConfigureAwait(false);
            },
        }.ApplyAsync(cancellationToken);
    }

    /// <summary>Goes on with one that was cut or failed; rows may have come since.</summary>
    /// <exception cref="SchemaException">What is left of it would lose them.</exception>
    public static async Task<MigrationStep> ResumeAsync(MigrationRun run, PreparedFile file, HistoryRow begun, CancellationToken cancellationToken)
    {
        StatementsDone.Check(begun, file, run.Target.Name);
        await UndoLoss.RefuseAsync(run.Connection, file, run.Target, locked: false, cancellationToken, (int)begun.LastStatement).ConfigureAwait(false);
        return await StatementwiseOf(run, file, UndoLoss.Remark(run.Target.Options)).ApplyAsync(begun, cancellationToken).ConfigureAwait(false);
    }

    private static StatementwiseFile StatementwiseOf(MigrationRun run, PreparedFile file, string? remark) => new(run, file)
    {
        Remark = remark,
        // Rows may have come since the file was looked at as a whole.
        Before = (statement, inTransaction, token) => UndoLoss.RefuseAsync(run.Connection, statement, run.Target, locked: inTransaction, token),
        Finish = async (rank, said, waited, took, token) =>
        {
            var transaction = await run.Connection.BeginTransactionAsync(token).ConfigureAwait(false);
            await using var _ = transaction.ConfigureAwait(false);
            await RevertAsync(run, file, token).ConfigureAwait(false);
            await run.Target.History.FinishAsync(run.Connection, rank, await EndAsync(run, token).ConfigureAwait(false), "reverted", said, run.Target.Time.GetUtcNow(), waited, took, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        },
    };

    private static async Task RevertAsync(MigrationRun run, PreparedFile file, CancellationToken cancellationToken)
    {
        var rows = await run.Target.History.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false);
        foreach (var row in rows.Where(row => row.IsCurrent && MigrationVersion.Parse(row.Version!).Equals(file.File.Version)))
            await run.Target.History.RevertAsync(run.Connection, row.Rank, cancellationToken).ConfigureAwait(false);
        await run.Target.History.RechainAsync(run.Connection, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<string> EndAsync(MigrationRun run, CancellationToken cancellationToken) =>
        HistoryChain.End(await run.Target.History.ReadAsync(run.Connection, cancellationToken).ConfigureAwait(false));
}
