using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Runs a file in one transaction together with its record, so that there is no state in between.</summary>
internal sealed class TransactionalFile(MigrationRun run, PreparedFile file)
{
    /// <summary>Says what a run of the file is recorded as; inside of its transaction.</summary>
    public required Func<DateTimeOffset, long, long, CancellationToken, Task> Record { get; init; }

    /// <summary>What must be true before the first statement; inside of the transaction.</summary>
    public Func<CancellationToken, Task>? Before { get; init; }

    /// <exception cref="MigrationFailedException">A statement failed, or somebody held a lock for as long as it was tried; nothing of the file stands.</exception>
    public async Task<MigrationStep> ApplyAsync(CancellationToken cancellationToken)
    {
        var waited = run.Session.TakeWaited();
        SqlStatement? at = null;
        ServerWatch? watch = null;
        long lockWait = 0, took = 0;
        var begun = run.Target.Time.GetTimestamp();
        try
        {
            var (_, retries, lost) = await run.RetryAsync(file.File.Script, async token =>
            {
                at = null;
                lockWait = (long)(waited + run.Target.Time.GetElapsedTime(begun)).TotalMilliseconds;
                var watching = ServerWatch.Blockers(run.Session, run.Target);
                watch = watching;
                await using var _ = watching.ConfigureAwait(false);
                took = await OnceAsync(lockWait, statement => at = statement, token).ConfigureAwait(false);
            }, () => watch?.Last, cancellationToken).ConfigureAwait(false);
            return MigrationStep.Of(file) with { Retries = retries, LockWaitMs = (long)(waited + lost).TotalMilliseconds, DurationMs = took };
        }
        catch (PostgresException e)
        {
            var who = LockRetry.IsLockFailure(e.SqlState) ? $" {watch?.Last}. It was tried for {run.Target.Time.GetElapsedTime(begun).TotalSeconds:0} s." : "";
            throw new MigrationFailedException($"{run.Target.Name}: {SqlPlace.Of(file, at, e)}.{SqlPlace.Hint(e)}{who} The file failed and was rolled back. Mend what it names and run the command again.", e);
        }
    }

    private async Task<long> OnceAsync(long lockWait, Action<SqlStatement> failedAt, CancellationToken cancellationToken)
    {
        var time = run.Target.Time;
        var (startedAt, started) = (time.GetUtcNow(), time.GetTimestamp());
        var transaction = await run.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await run.SetAsync(file, local: true, cancellationToken).ConfigureAwait(false);
        if (Before is not null) await Before(cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(run.Connection, file, failedAt, cancellationToken).ConfigureAwait(false);
        var took = (long)time.GetElapsedTime(started).TotalMilliseconds;
        await Record(startedAt, lockWait, took, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        return took;
    }

    /// <summary>All statements of a file in one round trip.</summary>
    public static async Task ExecuteAsync(NpgsqlConnection connection, PreparedFile file, Action<SqlStatement> failedAt, CancellationToken cancellationToken)
    {
        if (file.Statements == 0) return;
        var batch = new NpgsqlBatch(connection) { Timeout = 0 };
        await using var _ = batch.ConfigureAwait(false);
        foreach (var statement in file.Script.Statements) batch.BatchCommands.Add(new NpgsqlBatchCommand(statement.Sql));
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            if (e.BatchCommand is NpgsqlBatchCommand command && batch.BatchCommands.IndexOf(command) is >= 0 and var index) failedAt(file.Script.Statements[index]);
            throw;
        }
    }
}
