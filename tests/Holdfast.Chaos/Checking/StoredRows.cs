using Npgsql;

namespace Holdfast.Chaos.Checking;

/// <summary>A message as a server has it.</summary>
internal sealed record StoredMessage(Guid Id, Guid Stamp, string Session, string? Key, string? Text);

/// <summary>A revision as a server has it; its text is the title that it sets.</summary>
internal sealed record StoredRevision(Guid Id, Guid Stamp, string Table, string Key, Guid? Base, string? Text);

/// <summary>A row that lost against another of its key.</summary>
internal sealed record StoredConflict(Guid Id, Guid Stamp, string Table, Guid Target, string? Text);

/// <summary>A session's current title.</summary>
internal sealed record StoredRegister(string Key, Guid Stamp, string? Text);

/// <summary>
/// What one provider holds of a run, read with the checker's own SQL past proxies and product: nothing of the stores' code
/// stands between the rows and the verdict.
/// </summary>
internal sealed class StoredRows
{
    private const string Messages = "select id, stamp, session_id, key, content #>> '{}' from holdfast.session_memories where tenant_id = $1 order by stamp";
    private const string Revisions = "select id, stamp, target_table, target_key, base, content->>'title' from holdfast.revisions where tenant_id = $1 order by stamp";
    private const string Conflicts = "select id, stamp, target_table, target_id, content #>> '{content}' from holdfast.conflicts where tenant_id = $1 order by stamp";
    private const string Sessions = "select key, stamp, content->>'title' from holdfast.sessions where tenant_id = $1 order by key";

    private StoredRows(string provider) => Provider = provider;

    public string Provider { get; }

    public required IReadOnlyList<StoredMessage> Message { get; init; }

    public required IReadOnlyList<StoredRevision> Revision { get; init; }

    public required IReadOnlyList<StoredConflict> Conflict { get; init; }

    public required IReadOnlyList<StoredRegister> Session { get; init; }

    public static async Task<StoredRows> ReadAsync(string provider, string connection, string tenant)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        return new StoredRows(provider)
        {
            Message = await AskAsync(source, Messages, tenant, row => new StoredMessage(row.GetGuid(0), row.GetGuid(1), row.GetString(2), Text(row, 3), Text(row, 4))),
            Revision = await AskAsync(source, Revisions, tenant, row => new StoredRevision(row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetGuid(4), Text(row, 5))),
            Conflict = await AskAsync(source, Conflicts, tenant, row => new StoredConflict(row.GetGuid(0), row.GetGuid(1), row.GetString(2), row.GetGuid(3), Text(row, 4))),
            Session = await AskAsync(source, Sessions, tenant, row => new StoredRegister(row.GetString(0), row.GetGuid(1), Text(row, 2))),
        };
    }

    /// <summary>For tests of the checker: rows that no server has.</summary>
    internal static StoredRows Of(string provider, IReadOnlyList<StoredMessage>? messages = null, IReadOnlyList<StoredRevision>? revisions = null, IReadOnlyList<StoredConflict>? conflicts = null, IReadOnlyList<StoredRegister>? sessions = null) =>
        new(provider) { Message = messages ?? [], Revision = revisions ?? [], Conflict = conflicts ?? [], Session = sessions ?? [] };

    internal static async Task<List<T>> AskAsync<T>(NpgsqlDataSource source, string sql, string? tenant, Func<NpgsqlDataReader, T> read)
    {
        await using var command = source.CreateCommand(sql);
        if (tenant is not null) command.Parameters.Add(new NpgsqlParameter { Value = tenant });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }

    private static string? Text(NpgsqlDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);
}
