using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Runs what is pending on the server itself and rolls it back: the third depth of a dry run.</summary>
internal sealed class SchemaTrial(MigrationTarget target)
{
    /// <summary>What each file did; those that need no transaction, and all behind them, are not tried.</summary>
    /// <exception cref="MigrationFailedException">A statement fails there; nothing was changed.</exception>
    public async Task<IReadOnlyList<TrialStep>> RunAsync(IProgress<MigrationEvent>? progress, CancellationToken cancellationToken)
    {
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await MigrationSession.StartAsync(connection, target, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            var run = new MigrationRun(target, session, progress);
            var plan = target.Plan(await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false));
            DestructiveGuard.Check(plan.Pending, target.Options);
            var steps = new List<TrialStep>();
            (PreparedFile File, SqlStatement? Statement)? at = null;
            ServerWatch? watch = null;
            try
            {
                await run.RetryAsync("", async token =>
                {
                    var watching = ServerWatch.Blockers(session, target);
                    watch = watching;
                    await using var __ = watching.ConfigureAwait(false);
                    steps.Clear();
                    var transaction = await session.Connection.BeginTransactionAsync(token).ConfigureAwait(false);
                    await using var ___ = transaction.ConfigureAwait(false);
                    foreach (var file in plan.Pending)
                    {
                        if (!file.Directives.Transactional || steps.Any(step => !step.Ran))
                        {
                            steps.Add(new TrialStep(MigrationStep.Of(file), false, 0));
                            continue;
                        }
                        at = (file, null);
                        await run.SetAsync(file, local: true, token).ConfigureAwait(false);
                        var started = target.Time.GetTimestamp();
                        await TransactionalFile.ExecuteAsync(session.Connection, file, statement => at = (file, statement), token).ConfigureAwait(false);
                        steps.Add(new TrialStep(MigrationStep.Of(file), true, (long)target.Time.GetElapsedTime(started).TotalMilliseconds));
                    }
                    await transaction.RollbackAsync(token).ConfigureAwait(false);
                }, () => watch?.Last, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (at is { } there)
            {
                throw new MigrationFailedException($"{target.Name}: {SqlPlace.Of(there.File, there.Statement, e)}.{SqlPlace.Hint(e)} It was a trial: everything was rolled back.", e);
            }
            return steps;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }
}

/// <summary>What a file did in a trial.</summary>
/// <param name="Step">The file.</param>
/// <param name="Ran">False: it cannot be rolled back, or stands behind one that cannot, and was not run.</param>
/// <param name="DurationMs">How long its statements took.</param>
internal sealed record TrialStep(MigrationStep Step, bool Ran, long DurationMs);
