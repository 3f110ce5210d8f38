using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>Millions of messages in a migrated database, the same ones each time, in minutes instead of an hour.</summary>
internal static class FilledTable
{
    public static async Task FillAsync(NpgsqlDataSource source, int rows, int sessions)
    {
        // Indexes are built after the rows: the same indexes, and much sooner.
        var indexes = await IndexesAsync(source);
        foreach (var (name, _) in indexes) await RunAsync(source, $"drop index holdfast.{name}");
        await RunAsync(source, Fill(rows, sessions));
        await Task.WhenAll(indexes.Select(index => RunAsync(source, $"set maintenance_work_mem = '512MB'; {index.Sql}")));
        await RunAsync(source, "vacuum analyze holdfast.session_memories");
        await RunAsync(source, "checkpoint");
    }

    // Stamps of the year 2024, ascending, as if the rows had come in one after the other, session by session in turn.
    private static string Fill(int rows, int sessions) => $"""
        with words as (
          select array_agg(text order by n) as texts from (
            select n, string_agg(word, ' ') as text from (
              select n, left(md5((n * 131 + k)::text), 3 + k % 5) || 'en' as word from generate_series(0, 499) n, generate_series(1, 44) k) w group by n) t
        )
        insert into holdfast.session_memories (tenant_id, id, stamp, user_id, session_id, occurred_at, memory_type, content)
        select '{Messages.Tenant}', s.stamp, s.stamp, 'user', 's' || g % {sessions}, timestamptz '2024-01-01' + g * interval '1 ms', 'message_user', to_json(left(w.texts[g % 500 + 1] || ' ' || g, {Messages.Bytes}))
        from words w, generate_series(1, {rows}) g
        cross join lateral (select (lpad(to_hex(1704067200000 + g), 12, '0') || '7000' || '8' || substr(md5(g::text), 1, 15))::uuid as stamp) s
        """;

    private static async Task<IReadOnlyList<(string Name, string Sql)>> IndexesAsync(NpgsqlDataSource source)
    {
        await using var command = source.CreateCommand("select indexname, indexdef from pg_indexes where schemaname = 'holdfast' and tablename = 'session_memories' and indexname <> 'session_memories_pkey'");
        await using var reader = await command.ExecuteReaderAsync();
        var indexes = new List<(string, string)>();
        while (await reader.ReadAsync()) indexes.Add((reader.GetString(0), reader.GetString(1)));
        return indexes;
    }

    private static async Task RunAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }
}
