using System.Diagnostics;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>A session of 10,000 messages, whole, against a SELECT that reads the same columns.</summary>
internal sealed class LoadSession : IMeasure
{
    public const int Messages = 10_000;

    private const string Select = """
        select id, stamp, user_id, session_id, key, occurred_at, memory_type, author, content, metadata
        from holdfast.session_memories where tenant_id = $1 and session_id = $2 order by stamp
        """;

    public string Name => "load";

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        await context.EmptyAsync();
        await using var memory = await context.OursAsync(pooled: false);
        await using var raw = context.Raw(pooled: false);
        var clock = new Clock();
        var session = await memory.OpenSessionAsync("load", "user");
        await RawRows.CopyAsync(raw, Enumerable.Range(0, Messages).Select(i => Bench.Messages.Row(clock, "load", i)));
        await using (var analyze = raw.CreateCommand("vacuum analyze holdfast.session_memories")) await analyze.ExecuteNonQueryAsync();
        var rounds = await Alternation.RunAsync(context.Options.Rounds * 3, () => OursAsync(session), () => RawAsync(raw, "load"));
        return [Measurement.Ratio("load a session of 10,000 messages", "ms", rounds, Target.Most(1.3))];
    }

    public static async Task<double> OursAsync(Session session)
    {
        var started = Stopwatch.GetTimestamp();
        var loaded = await session.LoadAsync();
        var elapsed = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        return loaded.Count == Messages ? elapsed : throw new InvalidOperationException($"Loaded {loaded.Count} messages.");
    }

    /// <summary>Reads every column into a list: what anybody who loads a session does.</summary>
    public static async Task<double> RawAsync(NpgsqlDataSource raw, string session)
    {
        var started = Stopwatch.GetTimestamp();
        await using var command = raw.CreateCommand(Select);
        command.Parameters.Add(new NpgsqlParameter { Value = Bench.Messages.Tenant });
        command.Parameters.Add(new NpgsqlParameter { Value = session });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<(Guid, Guid, string?, string, string?, DateTime, string, string?, string, string?)>();
        string? Text(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
        while (await reader.ReadAsync())
            rows.Add((reader.GetGuid(0), reader.GetGuid(1), Text(2), reader.GetString(3), Text(4), reader.GetDateTime(5), reader.GetString(6), Text(7), reader.GetString(8), Text(9)));
        return rows.Count == Messages ? Stopwatch.GetElapsedTime(started).TotalMilliseconds : throw new InvalidOperationException($"Read {rows.Count} rows.");
    }
}
