using Npgsql;

namespace Holdfast.Chaos.Checking;

/// <summary>
/// Whether all providers hold the same rows: per append table a count and an md5 over the ordered rows, every column but those
/// that are a store's own (its feed position, the nonce of a write). Where they differ, the rows that do are named.
/// </summary>
internal static class Equality
{
    private const string AppendTables = """
        select table_name, string_agg(quote_ident(column_name), ', ' order by ordinal_position) from information_schema.columns
        where table_schema = 'holdfast' and column_name not in ('feed', 'nonce', 'loser')
          and table_name in (select table_name from information_schema.columns where table_schema = 'holdfast' and column_name = 'feed')
          group by table_name order by table_name
        """;

    /// <summary>What every provider says of its tables, one line a table; the same lines mean the same rows.</summary>
    public static async Task<IReadOnlyList<string>> DigestAsync(string connection, string tenant)
    {
        await using var source = Source(connection);
        var tables = await TablesAsync(source);
        var sql = string.Join(" union all ", tables.Select(table =>
            $"select '{table.Name}', count(*), coalesce(md5(string_agg(md5(t::text), '' order by id)), '') from (select {table.Columns} from holdfast.{table.Name} where tenant_id = $1) t"));
        return await StoredRows.AskAsync(source, sql, tenant, row => FormattableString.Invariant($"{row.GetString(0)} {row.GetInt64(1)} {row.GetString(2)}"));
    }

    /// <summary>Each row that not every provider holds in the same form: its table, id and stamp, and who holds it.</summary>
    public static async Task<IReadOnlyList<string>> DifferencesAsync(IReadOnlyList<(string Name, string Connection)> providers, string tenant)
    {
        var held = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        foreach (var (name, connection) in providers)
        {
            await using var source = Source(connection);
            foreach (var (table, columns) in await TablesAsync(source))
            {
                var rows = await StoredRows.AskAsync(source, $"select id, stamp, md5(t::text) from (select {columns} from holdfast.{table} where tenant_id = $1) t", tenant,
                    row => $"{table} row {row.GetGuid(0)} stamp {row.GetGuid(1)} content {row.GetString(2)[..8]}");
                foreach (var row in rows)
                    if (held.TryGetValue(row, out var holders)) holders.Add(name);
                    else held.Add(row, [name]);
            }
        }
        return [.. held.Where(row => row.Value.Count < providers.Count).OrderBy(row => row.Key, StringComparer.Ordinal)
            .Select(row => $"differs: {row.Key} is only on {string.Join(", ", row.Value)}")];
    }

    // Times as text must not depend on where a server stands.
    private static NpgsqlDataSource Source(string connection) => NpgsqlDataSource.Create(connection + ";Pooling=false;Timezone=UTC");

    private static Task<List<(string Name, string Columns)>> TablesAsync(NpgsqlDataSource source) =>
        StoredRows.AskAsync(source, AppendTables, null, row => (row.GetString(0), row.GetString(1)));
}
