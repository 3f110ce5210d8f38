using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The table <c>schema_versions</c>: which migrations a server has had.</summary>
internal static class SchemaHistory
{
    public static async Task<IReadOnlyList<(string Version, string Checksum)>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var applied = new List<(string, string)>();
        var exists = new NpgsqlCommand("select to_regclass($1) is not null", connection) { Parameters = { new() { Value = $"{schema}.schema_versions" } } };
        await using var _ = exists.ConfigureAwait(false);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!) return applied;

        var command = new NpgsqlCommand($"select version, checksum from {schema}.schema_versions where state = 'applied' order by installed_rank", connection);
        await using var __ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var ___ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) applied.Add((reader.GetString(0), reader.GetString(1)));
        return applied;
    }

    public static async Task RecordAsync(
        NpgsqlConnection connection, string schema, Migration migration, int rank, string chainHash,
        DateTimeOffset started, DateTimeOffset finished, TimeSpan waited, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand($"""
            insert into {schema}.schema_versions (installed_rank, version, description, kind, script, checksum, chain_hash, state,
              statements, last_statement, applied_by, tool_version, host, started_at, finished_at, lock_wait_ms, duration_ms)
            values ($1, $2, $3, 'V', $4, $5, $6, 'applied', 0, 0, current_user, $7, $8, $9, $10, $11, $12)
            """, connection);
        await using var _ = command.ConfigureAwait(false);
        object[] values = [rank, migration.Version, migration.Description, migration.Script, migration.Checksum, chainHash, Product.Version,
            Environment.MachineName, started.UtcDateTime, finished.UtcDateTime, (int)waited.TotalMilliseconds, (int)(finished - started).TotalMilliseconds];
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
