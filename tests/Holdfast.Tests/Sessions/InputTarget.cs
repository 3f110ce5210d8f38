using System.Collections.Concurrent;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>A memory with one session, on a store that counts every call.</summary>
public sealed class InputTarget : IAsyncDisposable
{
    // One store per place for all cases: opening one costs more than a case does. Tenants keep them apart.
    private static readonly ConcurrentDictionary<Place, Lazy<Task<IStore>>> Stores = new();

    public static readonly IReadOnlyList<Place> Places = [Place.LocalFile, Place.Postgres];

    private readonly CountingStore _store;

    private InputTarget(CountingStore store, AgentMemory memory, Session session)
    {
        _store = store;
        Memory = memory;
        Session = session;
    }

    public static TheoryData<Place> Engines => [.. Places];

    public AgentMemory Memory { get; }

    public Session Session { get; }

    public int Calls => _store.Calls;

    public static async Task<InputTarget> OpenAsync(Place place)
    {
        var store = new CountingStore(await Stores.GetOrAdd(place, key => new Lazy<Task<IStore>>(() => TestPlaces.OpenAsync(key))).Value);
        var memory = await AgentMemory.OpenAsync(store, new Clock(), new HoldfastOptions { TenantId = TestPlaces.Unique("tenant"), SettingsCacheFor = TimeSpan.Zero }, CancellationToken.None);
        return new InputTarget(store, memory, await memory.OpenSessionAsync("session"));
    }

    public async Task<SessionMemory> LastAsync() => (await Session.LoadLastAsync(1)).Single();

    /// <summary>Rows of this memory's tenant in all tables that merge.</summary>
    public async Task<long> CountRowsAsync()
    {
        var count = 0L;
        foreach (var table in Tables.All.Where(table => table.IsMerged))
            count += await ((IStore)_store).QueryAsync(new Statement($$"""select count(*) from {{{table.Name}}} where tenant_id = $1"""), [Memory.TenantId], row => row.Integer(0), CancellationToken.None).SingleAsync();
        return count;
    }

    /// <summary>What is written is refused for that field before the store was asked, and nothing was stored.</summary>
    /// <param name="field">The field.</param>
    /// <param name="says">Parts of the message.</param>
    /// <param name="write">Writes it.</param>
    /// <param name="what">What was written, for a failure's text.</param>
    public async Task RefusesAsync(string field, string[] says, Func<Task> write, string? what = null)
    {
        var rows = await CountRowsAsync();
        var calls = Calls;
        var error = await Record.ExceptionAsync(write);
        var refused = error as InvalidInputException;
        Assert.True(refused is not null, $"{field} {what}: {error?.ToString() ?? "was taken"}");
        Assert.Equal(field, refused.Field);
        Assert.All(says, part => Assert.Contains(part, refused.Message, StringComparison.Ordinal));
        Assert.True(calls == Calls, $"{field} {what}: the store was called {Calls - calls} times before the refusal.");
        Assert.Equal(rows, await CountRowsAsync());
    }

    public ValueTask DisposeAsync() => Memory.Writer.DisposeAsync();
}
