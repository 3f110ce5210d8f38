using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The table <c>schema_versions</c> of one schema: which migrations a server has had.</summary>
internal sealed class SchemaHistory(string schema)
{
    private readonly string _read = $"""
        select installed_rank, version, description, kind, script, checksum, chain_hash, state, statements, last_statement, error,
          applied_by, tool_version, host, started_at, finished_at, lock_wait_ms, duration_ms
        from {schema}.schema_versions order by installed_rank
        """;

    private readonly string _insert = $"""
        insert into {schema}.schema_versions (installed_rank, version, description, kind, script, checksum, chain_hash, state,
          statements, last_statement, error, applied_by, tool_version, host, started_at, finished_at, lock_wait_ms, duration_ms)
        select coalesce(max(installed_rank), 0) + 1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, session_user, $11, $12, $13, $14, $15, $16
        from {schema}.schema_versions returning installed_rank
        """;

    private readonly string _advance = $"update {schema}.schema_versions set last_statement = $2, chain_hash = $3, state = 'running', error = null where installed_rank = $1";

    private readonly string _finish = $"""
        update {schema}.schema_versions set state = $7, chain_hash = $2, last_statement = statements, error = $3, finished_at = $4,
          lock_wait_ms = coalesce(lock_wait_ms, 0) + $5, duration_ms = coalesce(duration_ms, 0) + $6 where installed_rank = $1
        """;

    private readonly string _fail = $"""
        update {schema}.schema_versions set state = 'failed', error = $2, finished_at = $3,
          lock_wait_ms = coalesce(lock_wait_ms, 0) + $4, duration_ms = coalesce(duration_ms, 0) + $5 where installed_rank = $1
        """;

    private readonly string _create = $"""
        create table if not exists {schema}.schema_versions (
          installed_rank bigint not null,
          version text,
          description text not null,
          kind text not null,
          script text not null,
          checksum text not null,
          chain_hash text not null,
          state text not null,
          statements bigint not null,
          last_statement bigint not null,
          error text,
          applied_by text not null,
          tool_version text not null,
          host text not null,
          started_at timestamptz not null,
          finished_at timestamptz,
          lock_wait_ms bigint,
          duration_ms bigint,
          primary key (installed_rank)
        )
        """;

    /// <summary>All rows in order; none where the table is missing.</summary>
    public async Task<IReadOnlyList<HistoryRow>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var rows = new List<HistoryRow>();
        var command = new NpgsqlCommand(_read, connection);
        await using var _ = command.ConfigureAwait(false);
        try
        {
            var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = reader.ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(Row(reader));
            return rows;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return rows;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedColumn)
        {
            throw new SchemaException($"{schema}.schema_versions is there and is not Holdfast's ({e.MessageText}). Choose another schema for the history: --schema NAME.", e);
        }
    }

    /// <summary>Makes the table of a history that has none.</summary>
    public async Task CreateAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var exists = Command(connection, "select to_regclass($1) is not null, to_regnamespace($2) is not null", [$"{schema}.schema_versions", schema]);
        await using var _ = exists.ConfigureAwait(false);
        bool hasSchema;
        var reader = await exists.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            if (reader.GetBoolean(0)) return;
            hasSchema = reader.GetBoolean(1);
        }
        // Asked first: the right to make schemas is checked even where nothing is to be made.
        if (!hasSchema) await RunAsync(connection, $"create schema {schema}", [], cancellationToken).ConfigureAwait(false);
        await RunAsync(connection, _create, [], cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes a row, and says its rank.</summary>
    public async Task<long> InsertAsync(NpgsqlConnection connection, NewHistoryRow row, CancellationToken cancellationToken)
    {
        var command = Command(connection, _insert, [row.Version, row.Description, row.Kind, row.Script, row.Checksum, row.ChainHash, row.State, row.Statements, row.LastStatement, row.Error,
            Product.Version, Environment.MachineName, row.StartedAt.UtcDateTime, row.FinishedAt?.UtcDateTime, row.LockWaitMs, row.DurationMs]);
        await using var _ = command.ConfigureAwait(false);
        return (long)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>So many statements of a running file are done, and these (<see cref="StatementsDone"/>).</summary>
    public Task AdvanceAsync(NpgsqlConnection connection, long rank, long done, string mark, CancellationToken cancellationToken) => RunAsync(connection, _advance, [rank, done, mark], cancellationToken);

    public Task FinishAsync(NpgsqlConnection connection, long rank, string chainHash, string state, string? remark, DateTimeOffset at, long waitedMs, long tookMs, CancellationToken cancellationToken) =>
        RunAsync(connection, _finish, [rank, chainHash, remark, at.UtcDateTime, waitedMs, tookMs, state], cancellationToken);

    public Task FailAsync(NpgsqlConnection connection, long rank, string error, DateTimeOffset at, long waitedMs, long tookMs, CancellationToken cancellationToken) =>
        RunAsync(connection, _fail, [rank, error, at.UtcDateTime, waitedMs, tookMs], cancellationToken);

    /// <summary>A file was taken back.</summary>
    public Task RevertAsync(NpgsqlConnection connection, long rank, CancellationToken cancellationToken) =>
        RunAsync(connection, $"update {schema}.schema_versions set state = 'reverted' where installed_rank = $1", [rank], cancellationToken);

    /// <summary>Another content was accepted for a file.</summary>
    public Task AcceptAsync(NpgsqlConnection connection, long rank, string script, string checksum, long statements, string remark, CancellationToken cancellationToken) =>
        RunAsync(connection, $"update {schema}.schema_versions set script = $2, checksum = $3, statements = $4, error = pg_catalog.concat_ws(E'\\n', error, $5) where installed_rank = $1",
            [rank, script, checksum, statements, remark], cancellationToken);

    /// <summary>Writes the chain anew, from the first row that does not have the right one.</summary>
    public async Task RechainAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        foreach (var (row, chain) in HistoryChain.Of(await ReadAsync(connection, cancellationToken).ConfigureAwait(false)))
            if (row.ChainHash != chain)
                await RunAsync(connection, $"update {schema}.schema_versions set chain_hash = $2 where installed_rank = $1", [row.Rank, chain], cancellationToken).ConfigureAwait(false);
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql, object?[] values, CancellationToken cancellationToken)
    {
        var command = Command(connection, sql, values);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql, object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values) command.Parameters.Add(value is null ? new NpgsqlParameter { Value = DBNull.Value } : new NpgsqlParameter { Value = value });
        return command;
    }

    private static HistoryRow Row(NpgsqlDataReader reader) => new(
        reader.GetInt64(0), Text(reader, 1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5), reader.GetString(6), reader.GetString(7),
        reader.GetInt64(8), reader.GetInt64(9), Text(reader, 10), reader.GetString(11), reader.GetString(12), reader.GetString(13),
        Time(reader, 14)!.Value, Time(reader, 15), Number(reader, 16), Number(reader, 17));

    private static string? Text(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static long? Number(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetInt64(column);

    private static DateTimeOffset? Time(NpgsqlDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetFieldValue<DateTimeOffset>(column);
}

/// <summary>A row to be written; its rank, its role, its program and its machine are added.</summary>
internal sealed record NewHistoryRow(
    string? Version, string Description, string Kind, string Script, string Checksum, string ChainHash, string State, long Statements, long LastStatement,
    string? Error, DateTimeOffset StartedAt, DateTimeOffset? FinishedAt = null, long? LockWaitMs = null, long? DurationMs = null)
{
    public static NewHistoryRow Of(PreparedFile file, string chainHash, string state, string? remark, DateTimeOffset started) => new(
        file.File.Version?.Text, file.File.Description, file.File.KindLetter, file.File.Script, file.File.Checksum, chainHash, state,
        file.Statements, state == "running" ? 0 : file.Statements, remark, started);
}
