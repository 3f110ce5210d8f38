using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Tests.Merging;

/// <summary>
/// A random schedule over real stores: writers with wrong clocks append, edit, delete and erase, answers are lost, stores go
/// down and are set back, feeds are pulled. The same seed makes the same steps, and fewer steps are a prefix of more.
/// </summary>
internal sealed class Schedule(
    int seed, int steps, ScheduleProfile profile, ScheduleStore[] stores, string tenantId, MergeRules rules, RelayRules relayRules)
{
    private static readonly int[] SkewSeconds = [0, 0, 5, 40, -5, -40, 400, 3600];

    private readonly Random _random = new(seed);
    private readonly ScheduleTime _time = new();
    private readonly ReferenceRelay _relay = new(relayRules, tenantId);
    private readonly List<SpoolingWriter> _writers = [];
    private int _contents;
    private int _rollBacks;

    public List<string> Trace { get; } = [];

    public ScheduleHistory History { get; } = new();

    public IReadOnlyList<ScheduleStore> Stores => stores;

    public IReadOnlyList<SpoolingWriter> Writers => _writers;

    public ScheduleProfile Profile => profile;

    /// <summary>Plays the steps, then lets everything flow until nothing moves, then checks what must hold.</summary>
    /// <exception cref="BrokenPromiseException">Something does not hold.</exception>
    public async Task RunAsync()
    {
        for (var i = _random.Next(2, 4); i > 0; i--)
            _writers.Add(new SpoolingWriter($"w{i}", _time, TimeSpan.FromSeconds(Pick(SkewSeconds)), stores[0].Store, tenantId, rules, relayRules, profile.Holders));
        Trace.Add("skews " + string.Join(", ", _writers.Select(writer => $"{writer.Name} {writer.Skew.TotalSeconds:0} s")));
        try
        {
            for (var i = 0; i < steps; i++) await StepAsync();
            await FlowAsync();
            await new ScheduleCheck(this, tenantId).RunAsync();
        }
        finally
        {
            foreach (var writer in _writers) await writer.DisposeAsync();
        }
    }

    private async Task StepAsync()
    {
        _time.Now += TimeSpan.FromSeconds(Pick([0, 1, 3]));
        var writer = Pick(_writers);
        var store = Pick(stores);
        (int Weight, Func<Task> Step)[] choices =
        [
            (profile.Append, () => AppendAsync(writer)), (profile.Revise, () => ReviseAsync(writer)), (profile.Read, () => ReadAsync(writer, store)),
            (profile.Erase, () => EraseAsync(writer)), (profile.Push, () => PushAsync(writer)), (profile.Pull, () => PullAsync(store)),
            (profile.Outage, () => OutageAsync(store)), (profile.Copy, () => CopyAsync(store)), (profile.RollBack, () => RollBackAsync(store)),
            (profile.AllUp, AllUpAsync),
        ];
        var at = _random.Next(choices.Sum(choice => choice.Weight));
        await choices.First(choice => (at -= choice.Weight) < 0).Step();
    }

    private async Task AppendAsync(SpoolingWriter writer)
    {
        var keyed = _random.NextDouble() < 0.6;
        var session = keyed ? "S" : Pick(["S", "T"]);
        var user = _random.NextDouble() < (keyed ? 0.8 : 0.5) ? "u" : "v";
        var content = keyed ? Pick(["a", "b"]) : $"x{++_contents}";
        var row = writer.Memory.Make(new RowDraft(Tables.SessionMemories, ["message_user", null, JsonText.Quote(content), null])
        {
            UserId = user, SessionId = session, Key = keyed ? Pick(["k", "l"]) : null,
        });
        Stamped(writer, row);
        var seen = writer.SeenIn(session).Where(id => id != row.Id).ToHashSet();
        Trace.Add($"{writer.Name} appends {Text(row)}");
        await WriteAsync(writer, row);
        History.Appends.Add((row, seen, keyed));
        writer.SeenIn(session).Add(row.Id);
        writer.Saw(row.Id, row.Stamp, user, session);
    }

    private async Task ReviseAsync(SpoolingWriter writer)
    {
        var draft = Pick(Registers);
        var content = draft.Table == Tables.Lives
            ? $$"""{"target_table":"sessions","target_key":"S","state":"{{Pick(["deleted", "alive"])}}"}"""
            : $$"""{"title":"r{{++_contents}}"}""";
        Stamp? @base = writer.Bases.TryGetValue(draft.Key, out var known) ? known : null;
        var row = writer.Memory.Make(draft with { Content = content }, @base);
        if (!relayRules.RevisionsTakeNoKey && draft.Table != Tables.Lives && _random.NextDouble() < 0.5)
            row = row with { Id = RowId.FromKey(tenantId, Tables.Revisions.Name, draft.Key), Key = draft.Key };
        Stamped(writer, row);
        Trace.Add($"{writer.Name} revises {Text(row)} base {@base?.ToString() ?? "none"}");
        await WriteAsync(writer, row);
        History.Revisions.Add((row, @base));
        writer.Bases[draft.Key] = row.Stamp;
        writer.Saw(row.Id, row.Stamp, row.UserId, row.SessionId);
    }

    private async Task WriteAsync(SpoolingWriter writer, Row row)
    {
        writer.Spooled(row);
        var spooled = writer.Spool[^1];
        var up = stores.Where(store => store.IsUp).ToArray();
        if (_random.NextDouble() < 0.5) _random.Shuffle(up);
        // None: all are down for this writer; two: a hedge.
        foreach (var store in up.Take(Pick([0, 1, 1, 1, 2])))
        {
            var answered = _random.NextDouble() >= profile.Lost;
            await writer.SendAsync(store, spooled, answered);
            Trace.Add($"  to {store.Name}{(answered ? "" : ", the answer is lost")}");
        }
    }

    private async Task ReadAsync(SpoolingWriter writer, ScheduleStore store)
    {
        var session = Pick(["S", "T"]);
        var register = Pick(Registers);
        if (!store.IsUp) return;
        await writer.ReadSessionAsync(store, session);
        await writer.ReadRegisterAsync(store, register);
        Trace.Add($"{writer.Name} reads session {session} and {register.Table.Name} {register.Key} at {store.Name}");
    }

    private async Task EraseAsync(SpoolingWriter writer)
    {
        var (user, session) = Pick<(string?, string?)>([("u", null), ("v", null), (null, Pick(["S", "T"]))]);
        var floor = writer.Memory.Floors.For(user, session);
        if (rules.ErasureCoversWhatIsThere)
        {
            floor = Stamp.Max(floor, writer.NewestOf(user, session));
            foreach (var store in stores.Where(store => store.IsUp))
                floor = Stamp.Max(floor, await ErasureQueries.NewestStampAsync(store.Store, tenantId, user, session, CancellationToken.None));
        }
        var through = writer.Memory.Clock.Next(floor);
        var erasure = new RowDraft(Tables.Erasures, [through.Value]) { UserId = user, SessionId = session }.ToRow(tenantId, through, writer.Memory.Clock.Now);
        Trace.Add($"{writer.Name} erases {user ?? session} through {through}");
        History.Erasures.Add((erasure, [.. writer.SeenRows]));
        writer.Knows(erasure);
        foreach (var store in stores)
            if (_random.NextDouble() < 0.7 && store.IsUp) await store.Store.MergeAsync([erasure], CancellationToken.None);
    }

    private async Task PushAsync(SpoolingWriter writer)
    {
        foreach (var store in stores.Where(store => store.IsUp)) await writer.PushAsync(store, () => _random.NextDouble() >= profile.Lost);
        Trace.Add($"{writer.Name} pushes its spool");
    }

    private async Task PullAsync(ScheduleStore source)
    {
        var receiver = Pick(stores.Where(store => store != source).ToArray());
        var cutOff = _random.NextDouble() < profile.Cut;
        var pageSize = _random.Next(1, 4);
        if (!receiver.IsUp || !source.IsUp) return;
        var count = await _relay.PullAsync(receiver, source, pageSize, cutOff);
        Trace.Add($"{receiver.Name} pulls {count} from {source.Name}{(cutOff ? " (a repair is cut off)" : "")}");
    }

    private Task OutageAsync(ScheduleStore store)
    {
        store.IsUp = !store.IsUp;
        Trace.Add($"{store.Name} is {(store.IsUp ? "up" : "down")}");
        return Task.CompletedTask;
    }

    private async Task CopyAsync(ScheduleStore store)
    {
        await store.CopyAsync();
        if (store.HasCopy) Trace.Add($"{store.Name} is copied");
    }

    private async Task RollBackAsync(ScheduleStore store)
    {
        if (!store.HasCopy || _rollBacks >= profile.RollBacksMax) return;
        _rollBacks++;
        await store.RollBackAsync();
        Trace.Add($"{store.Name} is set back to its copy");
    }

    private Task AllUpAsync()
    {
        foreach (var store in stores) store.IsUp = true;
        return Task.CompletedTask;
    }

    /// <summary>Only spools and feeds move, until nothing does.</summary>
    private async Task FlowAsync()
    {
        await AllUpAsync();
        Trace.Add("everything flows");
        for (var round = 0; round < 40; round++)
        {
            var changes = 0;
            foreach (var writer in _writers)
                foreach (var store in stores) changes += await writer.PushAsync(store, () => true);
            foreach (var store in stores) await store.SettleFeedAsync();
            foreach (var receiver in stores)
                foreach (var source in stores)
                    if (receiver != source) changes += await _relay.PullAsync(receiver, source, 100, cutOff: false);
            if (changes == 0 && round > 0) return;
        }
        throw new BrokenPromiseException("it never comes to rest");
    }

    private static readonly RegisterDraft[] Registers =
    [
        new(Tables.Sessions, "S", "") { UserId = "u", SessionId = "S" },
        new(Tables.UserFacts, "v/fact", "") { UserId = "v" },
        new(Tables.Lives, "sessions/S", ""),
    ];

    private static void Stamped(SpoolingWriter writer, Row row)
    {
        if (writer.Erasures.Values.FirstOrDefault(erasure => Scope.Covers(erasure, row)) is { } erasure)
            throw new BrokenPromiseException($"{writer.Name} knows the erasure through {erasure.Stamp} and stamps {Text(row)} at or below it");
    }

    private static string Text(Row row) =>
        $"{row.Table.Name} {row.Id} stamp {row.Stamp} user {row.UserId ?? "-"} session {row.SessionId ?? "-"} key {row.Key ?? "-"} {row.Text("content") ?? "(empty)"}";

    private T Pick<T>(IReadOnlyList<T> of) => of[_random.Next(of.Count)];
}
