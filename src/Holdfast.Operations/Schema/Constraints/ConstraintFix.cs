using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>
/// Brings the CHECKs of one server to the enums in code while the application goes on: the new check is added for new rows only,
/// then all rows are read without a lock that anybody minds, then it takes the old one's place in a transaction of a millisecond.
/// </summary>
/// <remarks>Every step commits by itself and leaves the table guarded: a run that is killed is finished by the next one.</remarks>
internal sealed class ConstraintFix
{
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _schema;
    private readonly TimeProvider _time;

    /// <param name="settings">Must lead to the server itself.</param>
    /// <param name="schema">The schema that holds Holdfast's tables.</param>
    /// <param name="time">The clock.</param>
    public ConstraintFix(NpgsqlConnectionStringBuilder settings, string schema, TimeProvider? time = null)
    {
        (_settings, _schema, _time) = (settings, SchemaName.Check(schema), time ?? TimeProvider.System);
        Retry = new LockRetry(_time);
    }

    /// <summary>How often and how long a lock is tried for.</summary>
    public LockRetry Retry { get; init; }

    /// <summary>How long to wait for a migration or another repair: one minute.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>What would be done; the rows that stand against it are counted too. Changes nothing.</summary>
    /// <param name="checks">Which checks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">Rows or a missing table stand against it.</exception>
    public Task<FixReport> PlanAsync(IReadOnlyList<ExpectedCheck> checks, CancellationToken cancellationToken) => InSessionAsync(async session =>
    {
        var plans = await PlansAsync(session, checks, cancellationToken).ConfigureAwait(false);
        return new FixReport(session.Target, session.Identity, [.. plans.SelectMany(plan => plan.Steps)], [], 0);
    }, cancellationToken);

    /// <summary>Repairs, then reads it again and proves it by rows, on a new connection to the same server.</summary>
    /// <param name="checks">Which checks.</param>
    /// <param name="progress">Hears of each step when it is done, and of waits; called in place.</param>
    /// <param name="cancellationToken">Ends it between or within steps; run it again to finish.</param>
    /// <exception cref="SchemaException">Rows or a missing table stand against it; nothing was changed.</exception>
    /// <exception cref="SchemaLockException">A migration or another repair is running; nothing was changed.</exception>
    /// <exception cref="LockNotGrantedException">The table was in use for too long; what was done before stands and is taken up by the next run.</exception>
    /// <exception cref="SchemaVerificationException">What was read afterwards is not what should be.</exception>
    /// <exception cref="ServerChangedException">Another server answers than the one that was repaired.</exception>
    public Task<FixReport> RunAsync(IReadOnlyList<ExpectedCheck> checks, Action<FixEvent>? progress, CancellationToken cancellationToken) => InSessionAsync(async session =>
    {
        await MigrationLock.TakeAsync(session.Connection, LockWaitMax, _time, cancellationToken).ConfigureAwait(false);
        try
        {
            var done = new List<FixStep>();
            foreach (var (expected, steps) in await PlansAsync(session, checks, cancellationToken).ConfigureAwait(false))
                foreach (var step in steps)
                {
                    done.Add(await RunAsync(session, expected, step, progress, cancellationToken).ConfigureAwait(false));
                    progress?.Invoke(new FixEvent(done[^1], null));
                }
            return await ReadAgainAsync(session.Identity, checks, done, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            // A connection that has broken has lost its lock with it.
            if (session.Connection.State == System.Data.ConnectionState.Open) await MigrationLock.ReleaseAsync(session.Connection).ConfigureAwait(false);
        }
    }, cancellationToken);

    private async Task<FixReport> InSessionAsync(Func<ControlSession, Task<FixReport>> work, CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(_settings, "holdfast schema constraint fix", null, cancellationToken, _schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        try
        {
            await WritesOff.RefuseAsync(session, cancellationToken).ConfigureAwait(false);
            return await work(session).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            throw session.Translate(e);
        }
    }

    /// <summary>All plans, and only when no row of any table stands against one: nothing is begun that cannot end.</summary>
    private async Task<List<(ExpectedCheck Expected, IReadOnlyList<FixStep> Steps)>> PlansAsync(ControlSession session, IReadOnlyList<ExpectedCheck> checks, CancellationToken cancellationToken)
    {
        var (tables, live) = await CheckReader.ReadAsync(session, _schema, cancellationToken).ConfigureAwait(false);
        var plans = new List<(ExpectedCheck, IReadOnlyList<FixStep>)>();
        var broken = new List<string>();
        foreach (var expected in checks)
        {
            if (!tables.Contains(expected.Table.Name))
                throw new SchemaException($"{session.Target}: there is no table {_schema}.{expected.Table.Name}. Nothing was changed; run 'holdfast schema migrate' first.");
            var set = CheckSet.Of(expected, live);
            var steps = FixPlan.Of(_schema, expected, set);
            if (steps.Count > 0 && !ConstraintInspection.RulesOut(expected, set) && await RowViolations.CountAsync(session, _schema, expected, cancellationToken).ConfigureAwait(false) is { Count: > 0 } rows)
                broken.Add(Against(expected, rows));
            plans.Add((expected, steps));
        }
        return broken.Count == 0 ? plans : throw new SchemaException($"{session.Target}: {string.Join(" ", broken)} Nothing was changed.");
    }

    private string Against(ExpectedCheck expected, RowViolations rows) =>
        $"{expected.Name} would refuse {rows} of {_schema}.{expected.Table.Name}. Give {expected.Column.Name} of these rows one of its values ({string.Join(", ", expected.Values)}), or update this program to one that knows theirs, and run the command again.";

    private async Task<FixStep> RunAsync(ControlSession session, ExpectedCheck expected, FixStep step, Action<FixEvent>? progress, CancellationToken cancellationToken)
    {
        var table = $"{_schema}.{expected.Table.Name}";
        var started = _time.GetTimestamp();
        try
        {
            var exclusive = await TableLock.RunAsync(Retry, session, table, () => step.IsExclusive
                ? ExclusiveStep.RunAsync(session, table, step.Statements, cancellationToken)
                : ValidateAsync(session, step, cancellationToken), text => progress?.Invoke(new FixEvent(step, text)), cancellationToken).ConfigureAwait(false);
            return step with { Milliseconds = _time.GetElapsedTime(started).TotalMilliseconds, ExclusiveMilliseconds = exclusive };
        }
        catch (PostgresException e) when (e.SqlState == "23514" && step.Kind == FixStepKind.Validate)
        {
            // A row came in between the count and the new check. What stood before stands still; the half-made one goes.
            var (_, live) = await CheckReader.ReadAsync(session, _schema, cancellationToken).ConfigureAwait(false);
            if (CheckSet.Of(expected, live).Leftover is not null)
                await TableLock.RunAsync(Retry, session, table, () => ExclusiveStep.RunAsync(session, table, [$"alter table {table} drop constraint {expected.BuildName}"], cancellationToken), null, cancellationToken).ConfigureAwait(false);
            throw new SchemaException($"{session.Target}: while it was repaired a row came in against it. {Against(expected, await RowViolations.CountAsync(session, _schema, expected, cancellationToken).ConfigureAwait(false))} The checks are as they were.", e);
        }
    }

    // SHARE UPDATE EXCLUSIVE: nobody who reads or writes minds it, so it may wait longer (for an autovacuum, for instance).
    private static async Task<double> ValidateAsync(ControlSession session, FixStep step, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync("set lock_timeout = '30s'", cancellationToken).ConfigureAwait(false);
        foreach (var sql in step.Statements) await session.ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        await session.ExecuteAsync("set lock_timeout = 0", cancellationToken).ConfigureAwait(false);
        return 0;
    }

    private async Task<FixReport> ReadAgainAsync(ServerIdentity identity, IReadOnlyList<ExpectedCheck> checks, List<FixStep> done, CancellationToken cancellationToken)
    {
        var session = await ControlSession.OpenAsync(_settings, "holdfast schema constraint fix", identity, cancellationToken, _schema).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        var all = await ConstraintInspection.ReadAsync(session, _schema, countRows: false, cancellationToken).ConfigureAwait(false);
        var statuses = checks.Select(check => all.Single(status => status.Table == check.Table.Name && status.Name == check.Name && status.State != CheckState.WithoutEnum)).ToList();
        if (statuses.FirstOrDefault(status => !status.IsRight) is { } wrong)
            throw new SchemaVerificationException($"{session.Target}: {wrong.Name} is {wrong.State} after the repair. Somebody else changes this table; run 'holdfast schema constraint check'.");
        var values = 0;
        foreach (var check in checks)
            values += await TableLock.RunAsync(Retry, session, $"{_schema}.{check.Table.Name}", () => ConstraintProof.RunAsync(session, _schema, check, cancellationToken), null, cancellationToken).ConfigureAwait(false);
        return new FixReport(session.Target, session.Identity, done, statuses, values);
    }
}

/// <summary>What a repair did, or would do.</summary>
/// <param name="Target">The server, without secrets.</param>
/// <param name="Server">Which server it is.</param>
/// <param name="Steps">The steps, with their times once they ran; none when all was right.</param>
/// <param name="Checks">What was read afterwards.</param>
/// <param name="ValuesProven">Values of which a test row was taken.</param>
internal sealed record FixReport(string Target, ServerIdentity Server, IReadOnlyList<FixStep> Steps, IReadOnlyList<CheckStatus> Checks, int ValuesProven);

/// <summary>Something to tell during a repair: a step that is done, or what it waits for.</summary>
internal sealed record FixEvent(FixStep Step, string? Waiting);
