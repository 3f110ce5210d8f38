using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Tests.Merging;

/// <summary>A row that too few stores hold yet, and those that are known to hold it.</summary>
internal sealed class SpooledRow(Row row)
{
    public Row Row { get; set; } = row;

    public HashSet<string> Holders { get; } = [];
}

/// <summary>
/// One process: the real clock and floors on a time of its own, a local file (its spool and every erasure that it knows), and
/// what it has read, which is what later rows must stand above.
/// </summary>
internal sealed class SpoolingWriter : IAsyncDisposable
{
    private readonly RelayRules _relay;
    private readonly int _holders;
    private readonly Dictionary<string, Stamp> _newestOfScope = [];

    public SpoolingWriter(string name, ScheduleTime time, TimeSpan skew, IStore anyStore, string tenantId, MergeRules rules, RelayRules relay, int holders)
    {
        Name = name;
        Skew = skew;
        _relay = relay;
        _holders = holders;
        // The store is never asked by this writer: the schedule says which store takes what.
        Memory = new MemoryWriter(anyStore, new Clock(new SkewedTime(time, skew)), tenantId, rules);
    }

    public string Name { get; }

    public TimeSpan Skew { get; }

    public MemoryWriter Memory { get; }

    public Dictionary<Guid, Row> Erasures { get; } = [];

    public List<SpooledRow> Spool { get; } = [];

    /// <summary>Messages that this writer has read or written, by session.</summary>
    public Dictionary<string, HashSet<Guid>> Seen { get; } = [];

    /// <summary>Every row that it has read or written as it was then.</summary>
    public List<(Guid Id, Stamp Stamp, string? UserId, string? SessionId)> SeenRows { get; } = [];

    /// <summary>The revision of a register that it read or wrote last.</summary>
    public Dictionary<string, Stamp> Bases { get; } = [];

    /// <summary>The highest stamp that it met of a user or a session: an erasure must go through it.</summary>
    public Stamp NewestOf(string? userId, string? sessionId) => Stamp.Max(
        _newestOfScope.GetValueOrDefault($"user {userId}"), _newestOfScope.GetValueOrDefault($"session {sessionId}"));

    public void Saw(Guid id, Stamp stamp, string? userId, string? sessionId)
    {
        SeenRows.Add((id, stamp, userId, sessionId));
        foreach (var scope in (string[])[$"user {userId}", $"session {sessionId}"])
            _newestOfScope[scope] = Stamp.Max(stamp, _newestOfScope.GetValueOrDefault(scope));
    }

    public HashSet<Guid> SeenIn(string sessionId) => Seen.TryGetValue(sessionId, out var seen) ? seen : Seen[sessionId] = [];

    public void Spooled(Row row) => Spool.Add(new SpooledRow(row));

    /// <summary>Sends a spooled row with every erasure that is known; the number of things that were new to the store.</summary>
    /// <param name="store">A store that is up.</param>
    /// <param name="spooled">The row, or null: only the erasures.</param>
    /// <param name="answered">False: the answer is lost, and nobody learns that the store holds the row.</param>
    public async Task<int> SendAsync(ScheduleStore store, SpooledRow? spooled, bool answered)
    {
        await LearnAsync(store);
        List<Row> rows = _relay.ErasuresStayInLocalFile ? [.. Erasures.Values] : [];
        var erasures = rows.Count;
        if (spooled is not null) rows.Add(spooled.Row);
        var results = await store.Store.MergeAsync(rows, CancellationToken.None);
        if (spooled is not null && answered)
        {
            spooled.Holders.Add(store.Name);
            if (spooled.Holders.Count >= _holders) Spool.Remove(spooled);
        }
        return results.Take(erasures).Count(result => result.Outcome == MergeOutcome.Inserted) + (spooled is null ? 0 : 1);
    }

    /// <summary>Sends what is spooled to a store that is not known to hold it.</summary>
    public async Task<int> PushAsync(ScheduleStore store, Func<bool> isAnswered)
    {
        var changes = await SendAsync(store, null, true);
        foreach (var spooled in Spool.Where(spooled => !spooled.Holders.Contains(store.Name)).ToList())
            changes += await SendAsync(store, spooled, isAnswered());
        return changes;
    }

    /// <summary>Reads which erasures a store knows: new rows stand above them, and what is spooled is emptied too.</summary>
    public async Task LearnAsync(ScheduleStore store)
    {
        await foreach (var erasure in StoreContent.RowsAsync(store.Store, Memory.TenantId, Tables.Erasures)) Knows(erasure);
    }

    public void Knows(Row erasure)
    {
        if (!Erasures.TryAdd(erasure.Id, erasure)) return;
        Memory.Floors.Seen(Floors.Scope.UserErasure, erasure.UserId, erasure.Stamp);
        Memory.Floors.Seen(Floors.Scope.SessionErasure, erasure.SessionId, erasure.Stamp);
        foreach (var spooled in Spool.Where(spooled => Scope.Covers(erasure, spooled.Row))) spooled.Row = spooled.Row.Emptied();
    }

    public async Task ReadSessionAsync(ScheduleStore store, string sessionId)
    {
        await LearnAsync(store);
        await foreach (var memory in SessionQueries.AfterAsync(store.Store, Memory.TenantId, sessionId, Stamp.None, long.MaxValue, SessionMemory.Read, CancellationToken.None))
        {
            Memory.Floors.Seen(Floors.Scope.Conversation, sessionId, memory.Stamp);
            SeenIn(sessionId).Add(memory.Id);
            Saw(memory.Id, memory.Stamp, memory.UserId, sessionId);
        }
    }

    public async Task ReadRegisterAsync(ScheduleStore store, RegisterDraft register)
    {
        await LearnAsync(store);
        if (await RegisterQueries.ReadAsync(store.Store, register.Table, Memory.TenantId, register.Key, CancellationToken.None) is not { } value) return;
        Bases[register.Key] = Stamp.Max(value.Revision, Bases.GetValueOrDefault(register.Key));
        Saw(value.Revision.Value, value.Revision, register.UserId, register.SessionId);
    }

    public ValueTask DisposeAsync() => Memory.DisposeAsync();
}

/// <summary>What an erasure covers.</summary>
internal static class Scope
{
    public static bool Covers(Row erasure, Row row) => Covers(erasure, row.UserId, row.SessionId, row.Stamp);

    public static bool Covers(Row erasure, string? userId, string? sessionId, Stamp stamp) =>
        stamp <= erasure.Stamp && (erasure.UserId is { } user && user == userId || erasure.SessionId is { } session && session == sessionId);
}

/// <summary>The true time of a schedule, which only the schedule moves.</summary>
internal sealed class ScheduleTime
{
    public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
}

/// <summary>The time as a machine with a wrong clock tells it.</summary>
internal sealed class SkewedTime(ScheduleTime time, TimeSpan skew) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => time.Now + skew;
}
