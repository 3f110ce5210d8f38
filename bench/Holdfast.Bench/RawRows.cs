using Holdfast.Rows;
using Npgsql;
using NpgsqlTypes;

namespace Holdfast.Bench;

/// <summary>The raw driver writing the same rows into the very same table.</summary>
internal static class RawRows
{
    private const string Columns = "tenant_id, id, stamp, user_id, session_id, key, occurred_at, memory_type, author, content, metadata";

    public const string Insert = $"insert into holdfast.session_memories ({Columns}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";

    private static readonly NpgsqlDbType[] Types =
        [NpgsqlDbType.Text, NpgsqlDbType.Uuid, NpgsqlDbType.Uuid, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Text,
            NpgsqlDbType.TimestampTz, NpgsqlDbType.Text, NpgsqlDbType.Text, NpgsqlDbType.Json, NpgsqlDbType.Json];

    /// <summary>One row, one statement, one commit.</summary>
    public static async Task InsertAsync(NpgsqlDataSource source, Row row)
    {
        await using var command = source.CreateCommand(Insert);
        for (var i = 0; i < Types.Length; i++) command.Parameters.Add(new NpgsqlParameter { NpgsqlDbType = Types[i], Value = Value(row, i) ?? DBNull.Value });
        await command.ExecuteNonQueryAsync();
    }

    public static async Task CopyAsync(NpgsqlDataSource source, IEnumerable<Row> rows)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var import = await connection.BeginBinaryImportAsync($"copy holdfast.session_memories ({Columns}) from stdin (format binary)");
        foreach (var row in rows)
        {
            await import.StartRowAsync();
            for (var i = 0; i < Types.Length; i++)
            {
                if (Value(row, i) is { } value) await import.WriteAsync(value, Types[i]);
                else await import.WriteNullAsync();
            }
        }
        await import.CompleteAsync();
    }

    private static object? Value(Row row, int column) => column switch
    {
        0 => row.TenantId,
        1 => row.Id,
        2 => row.Stamp.Value,
        3 => row.UserId,
        4 => row.SessionId,
        5 => row.Key,
        6 => row.OccurredAt.UtcDateTime,
        _ => row.Values[column - 7],
    };
}
