using Npgsql;

namespace Holdfast.Chaos.Checking;

/// <summary>What providers themselves say about their pulls: no proof of anything, but where to look when rows are missing.</summary>
internal static class RelayNotes
{
    private const string Notes = """
        select format('pulls from %s: last %s s ago, %s rows, lease %s, held back by %s, error %s, repair pending in %s of %s tables, %s rejects', s.source,
          coalesce(round(extract(epoch from clock_timestamp() - s.pulled_at), 1)::text, '(never)'), s.pulled_rows, round(extract(epoch from s.held_until - clock_timestamp()), 1),
          coalesce(s.held_back_by, '-'), coalesce(s.error, '-'), (select count(*) filter (where repair_pending) from holdfast.relay_cursors c where c.source = s.source),
          (select count(*) from holdfast.relay_cursors c where c.source = s.source), (select count(*) from holdfast.relay_rejects r where r.source = s.source))
        from holdfast.relay_sources s order by s.source
        """;

    public static async Task<IReadOnlyList<string>> ReadAsync(string provider, string connection)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false");
        return [.. (await StoredRows.AskAsync(source, Notes, null, row => row.GetString(0))).Select(note => $"note: {provider} {note}")];
    }
}
