using System.Text.Json;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>A memory at one place with a tenant of its own, and sessions in it.</summary>
public abstract class SessionTest(Place place) : IAsyncLifetime
{
    private HoldfastOptions _options = new();
    private AgentMemory? _memory;

    private protected AgentMemory Memory => _memory!;

    private protected HoldfastOptions Options => _options;

    private protected Place Place => place;

    public async ValueTask InitializeAsync()
    {
        _options = await TestPlaces.OptionsAsync(place);
        _memory = await AgentMemory.OpenAsync(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_memory is not null) await _memory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private protected static JsonElement Json(string json) => JsonElement.Parse(json);

    private protected async Task<Session> FilledAsync(int count, string id = "s")
    {
        var session = await Memory.OpenSessionAsync(id, "ann");
        for (var i = 0; i < count; i++) await session.AppendUserAsync($"{i}");
        return session;
    }

    private protected static IEnumerable<string> Texts(IEnumerable<SessionMemory> memories) => memories.Select(memory => memory.Text);

    private protected static IEnumerable<string> Numbers(int from, int to) => Enumerable.Range(from, to - from).Select(i => $"{i}");

    /// <summary>Ends the process with the memory, and begins another.</summary>
    private protected async Task ReopenAsync()
    {
        await Memory.DisposeAsync();
        _memory = await AgentMemory.OpenAsync(_options);
    }
}
