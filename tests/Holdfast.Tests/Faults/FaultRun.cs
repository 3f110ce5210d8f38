using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>
/// One fault from its injection to the proof: writes go on, none takes long, the writer reads its own, nothing is lost or doubled
/// afterwards, and the cause that was reported is the right one.
/// </summary>
internal sealed class FaultRun : IAsyncDisposable
{
    private const string Rows = "select session_id, memory_type, content #>> '{}' from holdfast.session_memories where tenant_id = $1 order by stamp";
    private const string Failovers = "select from_provider || ' ' || cause || case when detection_ms >= 0 and switch_ms >= 0 or cause in ('use', 'drained', 'failback') then '' else ' without its times' end from holdfast.failover_events where tenant_id = $1 order by stamp";

    private static readonly TimeSpan LongestMax = TimeSpan.FromSeconds(2);

    private readonly FaultServers _servers;
    private readonly HoldfastOptions _options;
    private readonly string _database;
    private readonly Ledger _ledger;
    private readonly ConcurrentDictionary<string, byte> _causes = new();

    private FaultRun(FaultServers servers, HoldfastOptions options, string database, Ledger ledger, AgentMemory memory, Session session)
    {
        (_servers, _options, _database, _ledger) = (servers, options, database, ledger);
        (Memory, Session) = (memory, session);
    }

    public AgentMemory Memory { get; }

    public Session Session { get; }

    public ProviderSet Providers => Memory.Providers!;

    public TimeSpan Longest { get; private set; }

    /// <summary>The providers that work again after the fault, the one that leads then first.</summary>
    public IReadOnlyList<int> Healing { get; init; } = [0, 1, 2];

    public static async Task<FaultRun> OpenAsync(FaultServers servers, HoldfastOptions? options = null, IReadOnlyList<int>? healing = null, Ledger? ledger = null, string session = "run")
    {
        options ??= servers.Options();
        var database = new NpgsqlConnectionStringBuilder(options.Providers[1].Connection.Reveal()).Database!;
        var memory = await AgentMemory.OpenAsync(options);
        // What other tests wrote to some of the servers only is brought to the others first: until then they do not lead.
        var providers = memory.Providers!.Access.Providers;
        await Wait.UntilAsync(() => providers.All(provider => !provider.IsLacking) && providers.FirstOrDefault(provider => provider.IsReadable)?.Name == memory.Providers.Primary, "the first that is there leads and none lacks what another has");
        return new FaultRun(servers, options, database, ledger ?? new Ledger(), memory, await memory.OpenSessionAsync(session)) { Healing = healing ?? [0, 1, 2] };
    }

    /// <summary>The whole procedure for a fault of the first provider.</summary>
    public async Task ProveAsync(Func<Task> inject, Func<Task> heal, FailureCause cause, params FailureCause[] also)
    {
        await AppendAsync(20);
        Assert.Equal("p0", Providers.Primary);
        Assert.False((await ReadAsync()).MayBeStale);
        try
        {
            await inject();
            await AppendAsync(30);
            await ExpectCauseAsync(cause);
            await Wait.UntilAsync(() => Providers.Primary == "p1", "the second provider leads", TimeSpan.FromSeconds(20), Describe);
            await AppendAsync(10);
            var read = await ReadAsync();
            Assert.Equal((true, "p1"), (read.MayBeStale, read.Source?.Name));
        }
        finally
        {
            await heal();
        }
        AssertCauses([cause, .. also]);
        await HealedAsync();
        await AppendAsync(5);
        await CheckAsync();
        await AssertLoggedAsync("p0", [cause, .. also]);
    }

    /// <summary>Appends, each acknowledged before the next.</summary>
    public async Task AppendAsync(int count, Session? session = null)
    {
        session ??= Session;
        for (var i = 0; i < count; i++)
        {
            var number = _ledger.NextNumber();
            var row = new LedgerRow(session.Id, number % 2 == 0 ? "message_user" : "message_assistant", string.Create(CultureInfo.InvariantCulture, $"row {number}"));
            _ledger.Attempt(row);
            var started = Stopwatch.GetTimestamp();
            await (number % 2 == 0 ? session.AppendUserAsync(row.Text) : session.AppendAssistantAsync(row.Text));
            var took = Stopwatch.GetElapsedTime(started);
            _ledger.Acknowledge(row);
            if (took > Longest) Longest = took;
            Watch();
        }
    }

    /// <summary>Waits until the list of providers says why the first one fails.</summary>
    public Task ExpectCauseAsync(FailureCause cause, string provider = "p0") => Wait.UntilAsync(
        () =>
        {
            Watch();
            return CauseOf(provider) == EnumText<FailureCause>.Of(cause);
        }, $"{provider} is reported as {cause}", TimeSpan.FromSeconds(20), Describe);

    /// <summary>The writer's own rows are all there, in its order.</summary>
    public async Task<ReadList<SessionMemory>> ReadAsync(Session? session = null)
    {
        session ??= Session;
        var loaded = await session.LoadAsync();
        Assert.Equal(_ledger.Acknowledged(session.Id).Select(row => row.Text), loaded.Select(memory => memory.Text));
        return loaded;
    }

    /// <summary>Waits until every provider works and has all of it, and the first one leads again.</summary>
    public Task HealedAsync() => Wait.UntilAsync(
        () => IsCaughtUp() && Providers.Primary == $"p{Healing[0]}", "the providers work and have caught up", TimeSpan.FromSeconds(45), Describe);

    /// <summary>Reads every server past memory and proxy, and the spool: what was acknowledged is there once, and nothing waits.</summary>
    public async Task CheckAsync()
    {
        await Wait.UntilAsync(IsCaughtUp, "the providers have caught up", TimeSpan.FromSeconds(30), Describe);
        foreach (var server in Healing) Assert.Equal([], await ProblemsAsync(server));
        await ReadAsync();
        Assert.True(Longest < LongestMax, $"an append took {Longest.TotalMilliseconds:0} ms");
        TestContext.Current.TestOutputHelper?.WriteLine($"longest append {Longest.TotalMilliseconds:0} ms");
        var spool = Providers.Access.Spool.Spool;
        foreach (var server in Healing)
            await Wait.UntilAsync(async () => (await spool.WaitingAsync($"p{server}", DateTimeOffset.MaxValue, null, 1, CancellationToken.None)).Count == 0, $"nothing waits for p{server}", TimeSpan.FromSeconds(10));
    }

    /// <summary>Rows of this memory on a server.</summary>
    public async Task<int> CountAsync(int server) => (await AskAsync(server, Rows, _ => true)).Count;

    /// <summary>The texts of this memory's rows on a server.</summary>
    public Task<List<string>> TextsAsync(int server) => AskAsync(server, Rows, row => row.IsDBNull(2) ? "" : row.GetString(2));

    public async Task<IReadOnlyList<string>> ProblemsAsync(int server) =>
        _ledger.Problems(await AskAsync(server, Rows, row => new LedgerRow(row.GetString(0), row.GetString(1), row.GetString(2))));

    /// <summary>A row of <c>failover_events</c> says that this provider was left, and why.</summary>
    public async Task AssertLoggedAsync(string from, params FailureCause[] causes)
    {
        var expected = causes.Select(cause => $"{from} {EnumText<FailureCause>.Of(cause)}").ToList();
        await Wait.UntilAsync(async () => (await FailoversAsync()).Any(expected.Contains), $"failover_events has {string.Join(" or ", expected)}", TimeSpan.FromSeconds(10), Describe);
    }

    /// <summary>The same, whether or not the next one answered in time.</summary>
    public Task AssertLeftAsync(string from) => Wait.UntilAsync(
        async () => (await FailoversAsync()).Any(row => row.StartsWith($"{from} down", StringComparison.Ordinal)), $"failover_events says that {from} was left", TimeSpan.FromSeconds(15), Describe);

    /// <summary>What the second server, which no fault of the first reaches, has of changes of route: who was left, and why.</summary>
    public Task<List<string>> FailoversAsync() => AskAsync(1, Failovers, row => row.GetString(0));

    /// <summary>Nothing else was reported of the first provider at any time.</summary>
    public void AssertCauses(params FailureCause[] causes) =>
        Assert.Subset(causes.Select(EnumText<FailureCause>.Of).ToHashSet(), _causes.Keys.ToHashSet());

    public ValueTask DisposeAsync() => Memory.DisposeAsync();

    public string Describe() => string.Join(" | ", Providers.List().Append(null).Select(provider => provider is null ? $"primary {Providers.Primary}" : provider.ToString()));

    private bool IsCaughtUp() => Providers.List().Where((_, i) => Healing.Contains(i)).All(provider => provider is { State: "healthy", IsBehind: false });

    private string? CauseOf(string name) => Providers.List().Single(provider => provider.Name == name).Cause;

    private void Watch()
    {
        if (CauseOf("p0") is { } cause) _causes.TryAdd(cause, 0);
    }

    private async Task<List<T>> AskAsync<T>(int server, string sql, Func<NpgsqlDataReader, T> read)
    {
        await using var source = NpgsqlDataSource.Create(_servers.Direct(server, _database) + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = _options.TenantId });
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<T>();
        while (await reader.ReadAsync()) rows.Add(read(reader));
        return rows;
    }
}
