using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Builds one index on one server while writers go on, and leaves nothing half built behind.</summary>
/// <remarks>
/// A build that waits for a lock under a time limit, or is ended, leaves an invalid index that writers pay for: so there are no
/// limits, what is invalid is dropped before and after, and what stands afterwards is read again.
/// </remarks>
internal sealed class IndexBuild(NpgsqlConnectionStringBuilder settings, string schema, TimeProvider? time = null)
{
    private const string State = "select x.indisvalid and x.indisready from pg_index x where x.indexrelid = to_regclass($1)";

    private static readonly TimeSpan ProgressPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan CleanUpMax = TimeSpan.FromMinutes(1);

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>How long to wait for a migration or another build: one minute.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    public required string? Name { get; init; }

    /// <summary>For an index that no migration declares: its table.</summary>
    public string? Table { get; init; }

    public IReadOnlyList<string> Columns { get; init; } = [];

    /// <summary>What would be run, and for whom it would wait; changes nothing.</summary>
    public async Task<IndexChange> PlanAsync(CancellationToken cancellationToken)
    {
        var session = await OpenAsync(null, cancellationToken).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        return await TranslatedAsync(session, async () =>
        {
            var plan = await IndexPlan.OfAsync(session, schema, Name, Table, Columns, cancellationToken).ConfigureAwait(false);
            return Change(session, plan, await OldTransactions.ReadAsync(session, cancellationToken).ConfigureAwait(false));
        }).ConfigureAwait(false);
    }

    /// <param name="progress">Hears how far it is; called from another thread.</param>
    /// <param name="cancellationToken">Ends the build; what it left is dropped.</param>
    /// <exception cref="SchemaVerificationException">It is not valid afterwards.</exception>
    /// <exception cref="SchemaLockException">A migration or another build is running.</exception>
    public async Task<IndexChange> RunAsync(Action<string>? progress, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(null, cancellationToken).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        return await TranslatedAsync(session, async () =>
        {
            await WritesOff.RefuseAsync(session, cancellationToken).ConfigureAwait(false);
            await MigrationLock.TakeAsync(session.Connection, LockWaitMax, _time, cancellationToken).ConfigureAwait(false);
            try
            {
                // Under the lock: what another build left is seen whole.
                var plan = await IndexPlan.OfAsync(session, schema, Name, Table, Columns, cancellationToken).ConfigureAwait(false);
                var change = Change(session, plan, await OldTransactions.ReadAsync(session, cancellationToken).ConfigureAwait(false));
                foreach (var old in change.WaitsFor) progress?.Invoke($"will wait for {old}");
                if (plan.Build is null) return change;
                var started = _time.GetTimestamp();
                if (plan.Before is { } before) await session.ExecuteAsync(before, cancellationToken).ConfigureAwait(false);
                await BuildAsync(session, plan, progress, cancellationToken).ConfigureAwait(false);
                await AssertAsync(session.Identity, plan, cancellationToken).ConfigureAwait(false);
                return change with { Milliseconds = _time.GetElapsedTime(started).TotalMilliseconds };
            }
            finally
            {
                if (session.Connection.State == System.Data.ConnectionState.Open) await MigrationLock.ReleaseAsync(session.Connection).ConfigureAwait(false);
            }
        }).ConfigureAwait(false);
    }

    private async Task BuildAsync(ControlSession session, IndexBuildPlan plan, Action<string>? progress, CancellationToken cancellationToken)
    {
        using var built = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = progress is null ? Task.CompletedTask : new BuildProgress(settings, _time).WatchAsync(session.Connection.ProcessID, progress, ProgressPeriod, built.Token);
        try
        {
            await session.ExecuteAsTypedAsync(plan.Build!, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or OperationCanceledException or IOException)
        {
            var left = await CleanUpAsync(session.Identity, plan).ConfigureAwait(false);
            progress?.Invoke(left);
            if (e is OperationCanceledException) throw;
            throw new IndexBuildException($"{session.Target}: building {plan.QualifiedName} failed: {(e as PostgresException is { } server ? $"{server.MessageText} ({server.SqlState})" : e.Message)}. {left}", e);
        }
        finally
        {
            await built.CancelAsync().ConfigureAwait(false);
            await watching.ConfigureAwait(false);
        }
    }

    /// <summary>Drops what a failed build left, on a connection of its own: that of the build may be gone.</summary>
    private async Task<string> CleanUpAsync(ServerIdentity identity, IndexBuildPlan plan)
    {
        using var limit = new CancellationTokenSource(CleanUpMax, _time);
        try
        {
            var session = await OpenAsync(identity, limit.Token).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            var states = await session.QueryAsync(State, row => row.GetBoolean(0), limit.Token, plan.QualifiedName).ConfigureAwait(false);
            if (states is [true]) return "It was finished all the same.";
            if (states is [false]) await session.ExecuteAsync($"drop index concurrently if exists {plan.QualifiedName}", limit.Token).ConfigureAwait(false);
            return "Nothing invalid is left.";
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException or OperationCanceledException or IOException)
        {
            return $"What it left could not be dropped ({e.Message}); the next '{new IndexAdvice(schema, isNamed: true).Build(plan.Name)}' does that first.";
        }
    }

    private async Task AssertAsync(ServerIdentity identity, IndexBuildPlan plan, CancellationToken cancellationToken)
    {
        var session = await OpenAsync(identity, cancellationToken).ConfigureAwait(false);
        await using var _ = session.ConfigureAwait(false);
        if (await session.QueryAsync(State, row => row.GetBoolean(0), cancellationToken, plan.QualifiedName).ConfigureAwait(false) is not [true])
            throw new SchemaVerificationException($"{session.Target}: {plan.QualifiedName} is not there, or not valid, after it was built. Run the command again.");
    }

    private static IndexChange Change(ControlSession session, IndexBuildPlan plan, IReadOnlyList<string> waitsFor) =>
        new(session.Target, plan.Name, [.. new[] { plan.Build is null ? null : plan.Before, plan.Build }.OfType<string>()], waitsFor) { ThereAs = plan.ThereAs };

    private Task<ControlSession> OpenAsync(ServerIdentity? expected, CancellationToken cancellationToken) => ControlSession.OpenAsync(settings, "holdfast schema index build", expected, cancellationToken, schema);

    private static async Task<IndexChange> TranslatedAsync(ControlSession session, Func<Task<IndexChange>> work)
    {
        try
        {
            return await work().ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw session.Translate(e);
        }
    }
}

/// <summary>What was, or would be, changed about an index.</summary>
/// <param name="Target">The server, without secrets.</param>
/// <param name="Index">The index.</param>
/// <param name="Statements">What is run; nothing when all is as it should be.</param>
/// <param name="WaitsFor">Transactions that it waits for.</param>
internal sealed record IndexChange(string Target, string Index, IReadOnlyList<string> Statements, IReadOnlyList<string> WaitsFor)
{
    /// <summary>How long it took; null before it ran.</summary>
    public double? Milliseconds { get; init; }

    /// <summary>The index of another name that does the same already, so that none was built.</summary>
    public string? ThereAs { get; init; }

    /// <summary>The statement that makes a dropped index again.</summary>
    public string? Again { get; init; }
}

/// <summary>A build that failed; the message says what became of its remains.</summary>
internal sealed class IndexBuildException(string message, Exception inner) : HoldfastException(message, inner);
