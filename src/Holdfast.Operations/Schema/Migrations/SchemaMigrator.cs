using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Applies numbered SQL migrations to one PostgreSQL server, each in one transaction together with its record.</summary>
/// <remarks>
/// A transactional migration and its row in <c>schema_versions</c> are committed together, so there is no state in between.
/// Any number of migrators may be started at once: one works, the others find it done.
/// </remarks>
public sealed class SchemaMigrator
{
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _schema;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<Migration> _migrations;

    /// <summary>Prepares to migrate the server behind a URL or a connection string; it must lead to the server itself, not to a pooler.</summary>
    /// <param name="connection">A <c>postgres://</c> URL or an Npgsql connection string.</param>
    /// <param name="schema">The schema to hold Holdfast's tables.</param>
    /// <param name="time">The clock.</param>
    public SchemaMigrator(string connection, string schema = PostgresStore.DefaultSchema, TimeProvider? time = null)
        : this(connection, Migration.Shipped("Postgres"), schema, time) { }

    internal SchemaMigrator(string connection, IReadOnlyList<Migration> migrations, string schema = PostgresStore.DefaultSchema, TimeProvider? time = null)
    {
        _settings = PostgresUrl.Parse(connection);
        _settings.Pooling = false;
        _settings.ApplicationName = "holdfast schema migrate";
        _schema = SchemaName.Check(schema);
        _time = time ?? TimeProvider.System;
        _migrations = migrations;
    }

    /// <summary>How long to wait for another migrator: one minute.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>The server and schema, without secrets.</summary>
    public string Target => $"{_settings.Host}:{_settings.Port}/{_settings.Database} schema {_schema} role {_settings.Username}";

    /// <summary>What would be applied, in order; changes nothing.</summary>
    /// <exception cref="SchemaException">The history there is not the one that this program ships.</exception>
    public async Task<IReadOnlyList<MigrationStep>> PlanAsync(CancellationToken cancellationToken = default)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return [.. (await PendingAsync(connection, cancellationToken).ConfigureAwait(false)).Select(pending => pending.Step)];
    }

    /// <summary>Applies what is missing; the steps that were applied by this call, none when all was there.</summary>
    /// <exception cref="SchemaLockException">Another migrator held the lock for longer than <see cref="LockWaitMax"/>.</exception>
    /// <exception cref="SchemaException">The history there is not the one that this program ships, or a pooler answers.</exception>
    public async Task<IReadOnlyList<MigrationStep>> MigrateAsync(IProgress<MigrationStep>? progress = null, CancellationToken cancellationToken = default)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        await RefusePoolerAsync(connection, cancellationToken).ConfigureAwait(false);
        var waited = await MigrationLock.TakeAsync(connection, LockWaitMax, _time, cancellationToken).ConfigureAwait(false);
        try
        {
            var applied = new List<MigrationStep>();
            // Read after the lock was taken: somebody else may just have done it.
            foreach (var pending in await PendingAsync(connection, cancellationToken).ConfigureAwait(false))
            {
                progress?.Report(pending.Step);
                await ApplyAsync(connection, pending, waited, cancellationToken).ConfigureAwait(false);
                applied.Add(pending.Step);
            }
            return applied;
        }
        finally
        {
            // The connection is closed for good afterwards, and with it the lock, should this not reach the server.
            if (connection.State == System.Data.ConnectionState.Open) await MigrationLock.ReleaseAsync(connection).ConfigureAwait(false);
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, PendingMigration pending, TimeSpan waited, CancellationToken cancellationToken)
    {
        var started = _time.GetUtcNow();
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var sql = new NpgsqlCommand(pending.Migration.Sql.Replace("{schema}", _schema, StringComparison.Ordinal), connection, transaction);
        await using var __ = sql.ConfigureAwait(false);
        try
        {
            await sql.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            await SchemaHistory.RecordAsync(connection, _schema, pending.Migration, pending.Rank, pending.ChainHash, started, _time.GetUtcNow(), waited, cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw new SchemaException($"{Target}: {pending.Migration.Script} failed and was rolled back: {e.MessageText} ({e.SqlState}, position {e.Position}). Mend what it names and run 'holdfast schema migrate' again.", e);
        }
    }

    private async Task<List<PendingMigration>> PendingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = await SchemaHistory.ReadAsync(connection, _schema, cancellationToken).ConfigureAwait(false);
        if (applied.Count > _migrations.Count)
            throw new SchemaException($"{Target} is at migration {applied[^1].Version}, newer than this program ({_migrations[^1].Version}). Update this program.");
        var chain = "";
        var pending = new List<PendingMigration>();
        for (var i = 0; i < _migrations.Count; i++)
        {
            if (i < applied.Count && applied[i].Checksum != _migrations[i].Checksum)
                throw new SchemaException($"{Target}: migration {applied[i].Version} was applied with another content than {_migrations[i].Script} has (checksum {applied[i].Checksum[..12]}, here {_migrations[i].Checksum[..12]}). Restore the file that was applied.");
            chain = _migrations[i].ChainHash(chain);
            if (i >= applied.Count) pending.Add(new PendingMigration(_migrations[i], i + 1, chain));
        }
        return pending;
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = PostgresSource.Connection(_settings);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw PostgresErrors.Translate(e, Target);
        }
    }

    private async Task RefusePoolerAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand("select pg_backend_pid()", connection);
        await using var _ = command.ConfigureAwait(false);
        if ((int)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))! != connection.ProcessID)
            throw new SchemaException($"{Target} is a pooler: the lock that keeps two migrations apart would not hold there. Use the server's direct address.");
    }

    private sealed record PendingMigration(Migration Migration, int Rank, string ChainHash)
    {
        public MigrationStep Step => new(Migration.Version, Migration.Description, Migration.Script);
    }
}

/// <summary>One migration of a plan.</summary>
/// <param name="Version">Its number, as in the file's name.</param>
/// <param name="Description">What it does.</param>
/// <param name="Script">The file's name.</param>
public sealed record MigrationStep(string Version, string Description, string Script);
