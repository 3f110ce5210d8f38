using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>The store of the relay's own role at a provider, beside the application's: opened when it is asked for, and not at once again after a refused password.</summary>
internal sealed class RelayStore(Func<PostgresStore, CancellationToken, Task<PostgresStore>> connect, TimeProvider time) : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMinutes(2);

    private readonly SemaphoreSlim _connecting = new(1, 1);
    private PostgresStore? _store;
    private string? _refusal;
    private long _refusedAt;

    /// <param name="work">The application's store at the same provider.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="TenantScopeException">The role cannot be used.</exception>
    public async Task<PostgresStore> OpenAsync(PostgresStore work, CancellationToken cancellationToken)
    {
        if (Volatile.Read(ref _store) is { } connected) return connected;
        await _connecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_store is not null) return _store;
            // Some providers ban an address after two wrong passwords.
            if (_refusal is { } refusal && time.GetElapsedTime(_refusedAt) < Pause) throw new TenantScopeException(refusal);
            return _store = await connect(work, cancellationToken).ConfigureAwait(false);
        }
        catch (TenantScopeException e) when (e.IsPassword)
        {
            (_refusal, _refusedAt) = (e.Message, time.GetTimestamp());
            throw;
        }
        finally
        {
            _connecting.Release();
        }
    }

    public ValueTask DisposeAsync() => _store is { } store ? store.DisposeAsync() : ValueTask.CompletedTask;
}
