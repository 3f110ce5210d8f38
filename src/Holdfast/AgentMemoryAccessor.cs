using Microsoft.Extensions.Options;

namespace Holdfast;

/// <summary>Hands out the process's one memory; what opens it first waits, a failed opening is tried again by the next.</summary>
public sealed class AgentMemoryAccessor(IOptions<HoldfastOptions> options) : IAsyncDisposable, IDisposable
{
    private readonly SemaphoreSlim _opening = new(1, 1);
    private AgentMemory? _memory;

    /// <summary>The memory, opened if it is not yet.</summary>
    /// <exception cref="StoreUnavailableException">The store does not answer.</exception>
    public async ValueTask<AgentMemory> GetAsync(CancellationToken cancellationToken = default)
    {
        if (Volatile.Read(ref _memory) is { } open) return open;
        await _opening.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            return _memory ??= await AgentMemory.OpenAsync(options.Value, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _opening.Release();
        }
    }

    /// <summary>Writes what waits, then closes.</summary>
    public async ValueTask DisposeAsync()
    {
        _opening.Dispose();
        if (_memory is { } memory) await memory.DisposeAsync().ConfigureAwait(false);
    }

    /// <summary>The same for a container that is disposed of synchronously.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();
}
