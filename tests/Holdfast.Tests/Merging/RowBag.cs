using Holdfast.Rows;

namespace Holdfast.Tests.Merging;

/// <summary>A random multiset of rows as many processes might have written it: every kind of value, keys used twice, revisions of one base, erasures.</summary>
internal sealed class RowBag
{
    // What engines escape, order or compare in ways of their own.
    private static readonly string[] Texts =
        ["", "a", "b", "\"quoted\" \\ /", "line\nbreak\ttab\r\b\f\u0001\u001f\u007f", "ß Ünïcödé 中文", "👩‍👩‍👧 emoji", "\u2028\u2029\u00a0", "שלום مرحبا", "'; drop table x; --", "%_\\%"];

    private readonly Random _random;
    private readonly string _tenantId;
    private readonly bool _isPlain;
    private readonly HashSet<Stamp> _stamps = [];
    private int _contents;

    /// <param name="seed">The same seed makes the same rows, but for the tails of their stamps.</param>
    /// <param name="tenantId">Whose rows they are.</param>
    /// <param name="isPlain">True: under one key every content is another one, and nothing is erased. Then a store alone knows every loser.</param>
    public RowBag(int seed, string tenantId, bool isPlain)
    {
        _random = new Random(seed);
        _tenantId = tenantId;
        _isPlain = isPlain;
        for (var i = _random.Next(2, 60); i > 0; i--) Rows.Add(Next());
    }

    public List<Row> Rows { get; } = [];

    /// <summary>The rows in any order, in batches of any size, some of them twice.</summary>
    public IEnumerable<IReadOnlyList<Row>> Delivery()
    {
        var rows = Rows.Concat(Rows.Where(_ => _random.NextDouble() < 0.3)).ToArray();
        _random.Shuffle(rows);
        for (var i = 0; i < rows.Length;)
        {
            var size = _random.Next(1, 12);
            yield return rows[i..Math.Min(rows.Length, i + size)];
            i += size;
        }
    }

    private Row Next() => _random.Next(10) switch
    {
        < 6 => Append(),
        < 9 => Revision(),
        _ => _isPlain ? Append() : Erasure(),
    };

    private Row Append()
    {
        var table = Pick([Tables.SessionMemories, Tables.SessionMemories, Tables.AgentMessages, Tables.UploadJobs, Tables.JobOutcomes, Tables.Screenshots, Tables.TokenUsage, Tables.Payments]);
        var values = table.Own.Select(Value).ToArray();
        // The last column of each of these tables is JSON: it makes the content another one.
        if (_isPlain) values[^1] = $"{{\"n\":{++_contents}}}";
        return new RowDraft(table, values)
        {
            UserId = Pick([null, "u", "v", "ü'\"\\"]), SessionId = Pick([null, "S", "T"]),
            Key = _random.NextDouble() < 0.6 ? Pick(["k", "l", "k\"\\\n"]) : null,
            OccurredAt = _random.NextDouble() < 0.5 ? Time() : null,
        }.ToRow(_tenantId, NextStamp(), Time());
    }

    private Row Revision()
    {
        var text = JsonText.Quote(Pick(Texts));
        var (table, content) = Pick<(Table, string)>([
            (Tables.Sessions, $"{{\"title\":{text}}}"), (Tables.UserFacts, $"{{\"subject\":{text},\"value\":[1.50,null]}}"),
            (Tables.Settings, $"{{\"category\":{text},\"name\":\"n\",\"value\":true}}"), (Tables.Lives, $"{{\"state\":\"{Pick(["alive", "deleted"])}\"}}")]);
        Stamp? @base = Rows.LastOrDefault(row => row.Table == Tables.Revisions && _random.NextDouble() < 0.5)?.Stamp;
        return new RegisterDraft(table, Pick(["p", "q"]), content)
        {
            UserId = table == Tables.Lives ? null : Pick([null, "u", "v"]), SessionId = table == Tables.Sessions ? "S" : null,
        }.ToRow(_tenantId, NextStamp(), @base, Time());
    }

    private Row Erasure()
    {
        var through = NextStamp();
        var (user, session) = Pick<(string?, string?)>([("u", null), ("v", null), (null, "S"), ("ü'\"\\", "T")]);
        return new RowDraft(Tables.Erasures, [through.Value]) { UserId = user, SessionId = session }.ToRow(_tenantId, through, Time());
    }

    private object? Value(Column column) => column.Type switch
    {
        _ when !column.Required && _random.NextDouble() < 0.3 => null,
        ColumnType.Text => column.Allowed is { } allowed ? Pick(allowed) : Pick(["x", "y \"\\"]),
        ColumnType.Json => Pick([JsonText.Quote(Pick(Texts)), "null", "1e400", "[1.0,1.00,-0]", $"{{\"b\":{JsonText.Quote(Pick(Texts))},\"a\":{{}},\"a\":[]}}"]),
        ColumnType.Uuid => NextStamp().Value,
        ColumnType.Timestamp => Time(),
        ColumnType.Integer => Pick([0L, -1L, long.MaxValue, long.MinValue]),
        _ => throw new ArgumentOutOfRangeException(nameof(column), column, null),
    };

    private DateTimeOffset Time() => Pick(
        [Timestamps.Min, Timestamps.Max, DateTimeOffset.UnixEpoch.AddMicroseconds(-1), DateTimeOffset.UnixEpoch.AddMicroseconds(1_700_000_000_123_457), new(1883, 11, 18, 12, 3, 58, TimeSpan.Zero)]);

    // A few milliseconds, and an hour ahead: many that are close together, and no two alike.
    private Stamp NextStamp()
    {
        while (true)
        {
            var millisecond = 1_767_225_600_000 + _random.Next(30) + (_random.Next(5) == 0 ? 3_600_000 : 0);
            var stamp = Stamp.FromPacked((millisecond << Stamp.CounterBits) + _random.Next(2), (ulong)_random.NextInt64());
            if (_stamps.Add(stamp)) return stamp;
        }
    }

    private T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
}
