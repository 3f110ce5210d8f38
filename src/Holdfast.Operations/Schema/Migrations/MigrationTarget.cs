using Holdfast.Operations.Schema.Sessions;
using Holdfast.Providers.Configuration;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>A server, a schema on it, and the files that belong there.</summary>
internal sealed class MigrationTarget
{
    private readonly NpgsqlConnectionStringBuilder _settings;

    public MigrationTarget(string connection, MigrationSet set, string schema, MigrationOptions options, TimeProvider? time)
    {
        _settings = PostgresUrl.Parse(connection);
        _settings.Pooling = false;
        _settings.ApplicationName = "holdfast schema migrate";
        _settings.Enlist = false;
        // So that an error tells which statement of a file it was; the texts of migrations are no secrets.
        _settings.IncludeFailedBatchedCommand = true;
        Schema = SchemaName.Check(schema);
        if (schema.StartsWith("pg_", StringComparison.Ordinal) || schema == "information_schema") throw new InvalidInputException("schema", $"'{schema}' belongs to the server itself.");
        Set = set;
        Options = options;
        Time = time ?? TimeProvider.System;
        History = new SchemaHistory(Schema);
    }

    public MigrationSet Set { get; }

    public string Schema { get; }

    public MigrationOptions Options { get; }

    public TimeProvider Time { get; }

    public SchemaHistory History { get; }

    /// <summary>The server and schema, without secrets.</summary>
    public string Name => $"{_settings.Host}:{_settings.Port}/{_settings.Database} schema {Schema} role {_settings.Username}";

    /// <summary>The same files for another database of the same server.</summary>
    public MigrationTarget In(string database, MigrationOptions options) =>
        new(new NpgsqlConnectionStringBuilder(_settings.ConnectionString) { Database = database }.ConnectionString, Set, Schema, options, Time);

    /// <summary>A connection of its own to the server.</summary>
    /// <exception cref="SchemaException">Host or port are those of a pooler; the message names the direct address.</exception>
    /// <exception cref="StoreUnavailableException">It does not answer.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsItselfAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await OwnerRole.AssumeWhereNeededAsync(connection, Schema, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (e is NpgsqlException or TimeoutException) throw PostgresErrors.Translate(e, Name);
            throw;
        }
    }

    /// <summary>The same as the role that connected: what a session waits for is shown to the role that logged in.</summary>
    public async Task<NpgsqlConnection> OpenAsItselfAsync(CancellationToken cancellationToken)
    {
        if (PoolerNames.IsPooler(_settings))
        {
            var direct = new NpgsqlConnectionStringBuilder(_settings.ConnectionString);
            PoolerNames.ToServer(direct);
            throw new SchemaException($"{Name} is a pooler by its name: the lock that keeps two migrations apart would not hold there. Use the server's direct address: {direct.Host}:{direct.Port}");
        }
        var connection = await PostgresSource.OpenAsync(_settings, Name, cancellationToken).ConfigureAwait(false);
        try
        {
            await SafePath.PinAsync(connection, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (e is NpgsqlException or TimeoutException) throw PostgresErrors.Translate(e, Name);
            throw;
        }
    }

    /// <summary>The history there.</summary>
    public async Task<IReadOnlyList<HistoryRow>> ReadAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<HistoryRow>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            var rows = await History.ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            // Two histories in one table would each take the other's files for missing.
            if (!Set.IsShipped && rows.Any(row => MigrationSet.Shipped.Versioned[0].Checksum == row.Checksum))
                throw new SchemaException($"{Name}: schema {Schema} has the history of Holdfast's own tables. Give your migrations a schema of their own: --schema NAME.");
            return rows;
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, Name);
        }
    }

    public MigrationPlan Plan(IReadOnlyList<HistoryRow> rows) => MigrationPlan.Make(Set, rows, Schema, Options, Name);
}
