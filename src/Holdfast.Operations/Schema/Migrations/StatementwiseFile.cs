using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Runs a file with <c>transaction off</c>: a row that says "running" first, then statement by statement, each done exactly once
/// whatever is killed in between.
/// </summary>
/// <remarks>
/// A statement that may run in a transaction commits together with the count of those that are done. What may not (an index built
/// concurrently, VACUUM) is looked up in the catalogue when it is resumed; a DO block or a CALL that was cut runs again.
/// </remarks>
internal sealed class StatementwiseFile(MigrationRun run, PreparedFile file)
{
    /// <summary>Writes what the file is recorded as once all its statements are done; null: it is applied.</summary>
    public required Func<long, string?, long, long, CancellationToken, Task> Finish { get; init; }

    /// <summary>What the history says beside it: an override, with who and why.</summary>
    public string? Remark { get; init; }

    /// <summary>What must be true before a statement, told with whether it has a transaction; a <see cref="MigrationFailedException"/> says that it is not.</summary>
    public Func<SqlStatement, bool, CancellationToken, Task>? Before { get; init; }

    /// <param name="begun">The row of a run that was cut or failed; null: this is the first.</param>
    /// <param name="cancellationToken">Ends it; it can be resumed.</param>
    /// <exception cref="MigrationFailedException">A statement failed; those before it stand, and the history says so.</exception>
    /// <exception cref="SchemaException">What is done is not what the file begins with.</exception>
    public async Task<MigrationStep> ApplyAsync(HistoryRow? begun, CancellationToken cancellationToken)
    {
        if (begun is not null) StatementsDone.Check(begun, file, run.Target.Name);
        var time = run.Target.Time;
        var waited = run.Session.TakeWaited();
        var started = time.GetTimestamp();
        var rank = begun?.Rank ?? await run.Target.History.InsertAsync(run.Connection, NewHistoryRow.Of(file, StatementsDone.Mark(file.Script, 0), "running", null, time.GetUtcNow()), cancellationToken).ConfigureAwait(false);
        var first = (int)(begun?.LastStatement ?? 0);
        if (begun is not null) await AdvanceAsync(rank, first, cancellationToken).ConfigureAwait(false);
        var retries = 0;
        var settings = file.Script.Statements.Take(first).Where(FileSettings.Has).Select(statement => statement.Sql).ToList();
        for (var i = first; i < file.Statements; i++)
        {
            run.Tell(MigrationEventKind.Statement, file.File.Script, $"statement {i + 1} of {file.Statements}");
            try
            {
                var (again, lost) = await RunAsync(i, settings, rank, cutBefore: i == first && begun is { State: "running" }, cancellationToken).ConfigureAwait(false);
                (retries, waited) = (retries + again, waited + lost);
                if (FileSettings.Has(file.Script.Statements[i])) settings.Add(file.Script.Statements[i].Sql);
            }
            // Where the session itself is gone nothing can be written: the row still says "running", and the next run goes on.
            catch (Exception e) when (e is PostgresException or MigrationFailedException && run.Connection.FullState == System.Data.ConnectionState.Open)
            {
                throw await FailAsync(e, rank, i, waited, time.GetElapsedTime(started)).ConfigureAwait(false);
            }
        }
        var took = (long)(time.GetElapsedTime(started) - waited).TotalMilliseconds;
        await run.SetAsync(file, local: false, cancellationToken).ConfigureAwait(false);
        await Finish(rank, Remark, (long)waited.TotalMilliseconds, Math.Max(took, 0), cancellationToken).ConfigureAwait(false);
        return MigrationStep.Of(file) with { Retries = retries, LockWaitMs = (long)waited.TotalMilliseconds, DurationMs = Math.Max(took, 0) };
    }

    private async Task<(int Retries, TimeSpan Lost)> RunAsync(int index, IReadOnlyList<string> settings, long rank, bool cutBefore, CancellationToken cancellationToken)
    {
        var (statement, number) = (file.Script.Statements[index], index + 1);
        if (ConcurrentIndex.Of(statement) is { } concurrent)
        {
            await new ConcurrentStatement(run, file.File.Script, settings).RunAsync(statement, concurrent, cutBefore, cancellationToken).ConfigureAwait(false);
            await AdvanceAsync(rank, number, cancellationToken).ConfigureAwait(false);
            return default;
        }
        if (ScriptRules.StandsAlone(statement))
        {
            await run.SetAsync(file, local: false, settings, cancellationToken).ConfigureAwait(false);
            if (Before is not null) await Before(statement, false, cancellationToken).ConfigureAwait(false);
            await run.ExecuteAsync(statement.Sql, cancellationToken).ConfigureAwait(false);
            await AdvanceAsync(rank, number, cancellationToken).ConfigureAwait(false);
            return default;
        }
        ServerWatch? watch = null;
        var (_, retries, lost) = await run.RetryAsync(file.File.Script, async token =>
        {
            var watching = ServerWatch.Blockers(run.Session, run.Target);
            watch = watching;
            await using var _ = watching.ConfigureAwait(false);
            var transaction = await run.Connection.BeginTransactionAsync(token).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            await run.SetAsync(file, local: true, settings, token).ConfigureAwait(false);
            if (Before is not null) await Before(statement, true, token).ConfigureAwait(false);
            await run.ExecuteAsync(statement.Sql, token).ConfigureAwait(false);
            await AdvanceAsync(rank, number, token).ConfigureAwait(false);
            await transaction.CommitAsync(token).ConfigureAwait(false);
        }, () => watch?.Last, cancellationToken).ConfigureAwait(false);
        return (retries, lost);
    }

    private Task AdvanceAsync(long rank, int done, CancellationToken cancellationToken) =>
        run.Target.History.AdvanceAsync(run.Connection, rank, done, StatementsDone.Mark(file.Script, done), cancellationToken);

    private async Task<MigrationFailedException> FailAsync(Exception error, long rank, int done, TimeSpan waited, TimeSpan took)
    {
        var what = error is PostgresException e ? $"{SqlPlace.Of(file, file.Script.Statements[done], e)}.{SqlPlace.Hint(e)}" : $"{file.File.Script}, line {file.Script.Statements[done].Line}: {error.Message}";
        await run.Target.History.FailAsync(run.Connection, rank, what, run.Target.Time.GetUtcNow(), (long)waited.TotalMilliseconds, (long)took.TotalMilliseconds, CancellationToken.None).ConfigureAwait(false);
        var message = $"{run.Target.Name}: {what} {done} of {file.Statements} statements are done and stand. Remove the cause and go on: holdfast schema resume (if the file must change: holdfast schema repair --reason \"…\" first).";
        return error is PostgresException inner ? new MigrationFailedException(message, inner) : new MigrationFailedException(message);
    }
}
