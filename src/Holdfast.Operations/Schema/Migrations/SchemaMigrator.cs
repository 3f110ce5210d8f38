using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Applies SQL migrations to one PostgreSQL server.</summary>
/// <remarks>
/// A transactional file and its row in <c>schema_versions</c> are committed together, so there is no state in between; a file without
/// a transaction is counted statement by statement and goes on where it was cut. Any number of migrators may be started at once: one
/// works, the others find it done.
/// </remarks>
public sealed class SchemaMigrator
{
    private readonly MigrationTarget _target;

    /// <summary>Prepares to bring Holdfast's own tables up to date on the server behind a URL or a connection string; it must lead to the server itself, not to a pooler.</summary>
    /// <param name="connection">A <c>postgres://</c> URL or an Npgsql connection string.</param>
    /// <param name="schema">The schema to hold Holdfast's tables.</param>
    /// <param name="time">The clock.</param>
    /// <param name="options">What the run may do, and how patient it is.</param>
    public SchemaMigrator(string connection, string schema = PostgresStore.DefaultSchema, TimeProvider? time = null, MigrationOptions? options = null)
        : this(new MigrationTarget(connection, MigrationSet.Shipped, schema, options ?? new MigrationOptions(), time)) { }

    internal SchemaMigrator(MigrationTarget target) => _target = target;

    /// <summary>What must hold before anything is changed, told with the history so far; not asked where nothing is missing.</summary>
    internal Func<IReadOnlyList<HistoryRow>, CancellationToken, Task>? BeforeChange { get; init; }

    /// <summary>The server and schema, without secrets.</summary>
    public string Target => _target.Name;

    /// <summary>What would be applied, in order; changes nothing.</summary>
    /// <exception cref="SchemaException">The history there is not the one of these files.</exception>
    public async Task<IReadOnlyList<MigrationStep>> PlanAsync(CancellationToken cancellationToken = default) =>
        [.. (await MakePlanAsync(cancellationToken).ConfigureAwait(false)).Pending.Select(MigrationStep.Of)];

    internal async Task<MigrationPlan> MakePlanAsync(CancellationToken cancellationToken) => _target.Plan(await _target.ReadAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Applies what is missing; the steps that were applied by this call, none when all was there.</summary>
    /// <exception cref="SchemaLockException">Another migrator or a backup held the lock for too long.</exception>
    /// <exception cref="SchemaException">Refused before any change: another history, a file that throws data away, a pooler.</exception>
    /// <exception cref="MigrationFailedException">A statement failed, or a lock was not to be had.</exception>
    /// <exception cref="SchemaVerificationException">What was read afterwards is not what it should be.</exception>
    public async Task<IReadOnlyList<MigrationStep>> MigrateAsync(IProgress<MigrationEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        var connection = await _target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // One look tells that there is nothing to do; a lock is for changes.
            var rows = await _target.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            var plan = _target.Plan(rows);
            DestructiveGuard.Check(plan.Pending, _target.Options);
            if (plan is { Pending.Count: 0, Unfinished: null })
            {
                await using var _ = connection.ConfigureAwait(false);
                await VerifyAsync(connection, plan, cancellationToken).ConfigureAwait(false);
                return [];
            }
            if (BeforeChange is not null) await BeforeChange(rows, cancellationToken).ConfigureAwait(false);
            var session = await MigrationSession.StartAsync(connection, _target, cancellationToken).ConfigureAwait(false);
            await using var __ = session.ConfigureAwait(false);
            return await new PendingFiles(new MigrationRun(_target, session, progress)).ApplyAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, _target.Name);
        }
        finally
        {
            await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Goes on with a file that was cut or that failed; null: there is none.</summary>
    /// <exception cref="MigrationFailedException">It failed again.</exception>
    public async Task<MigrationStep?> ResumeAsync(IProgress<MigrationEvent>? progress = null, CancellationToken cancellationToken = default)
    {
        var connection = await _target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var session = await MigrationSession.StartAsync(connection, _target, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            return await new PendingFiles(new MigrationRun(_target, session, progress)).ResumeAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, _target.Name);
        }
    }

    private async Task VerifyAsync(NpgsqlConnection connection, MigrationPlan plan, CancellationToken cancellationToken)
    {
        if (_target.Set.IsShipped && !plan.IsPartial && await CatalogueCheck.MissingAsync(connection, _target.Schema, cancellationToken).ConfigureAwait(false) is { } missing)
            throw new SchemaVerificationException($"{_target.Name}: every migration is recorded as applied, and {missing}. Somebody dropped or renamed it: 'holdfast doctor' says what to do.");
    }
}
