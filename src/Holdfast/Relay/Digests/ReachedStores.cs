using Holdfast.Providers;
using Holdfast.Rows;

namespace Holdfast.Relay.Digests;

/// <summary>Connections of one run to several providers; who does not answer is named, and the others go on.</summary>
internal sealed class ReachedStores : IAsyncDisposable
{
    private readonly List<ComparedStore> _stores = [];
    private readonly List<(string Name, HoldfastException Error)> _unreached = [];

    public IReadOnlyList<ComparedStore> Stores => _stores;

    public IReadOnlyList<(string Name, HoldfastException Error)> Unreached => _unreached;

    public static async Task<ReachedStores> OpenAsync(IEnumerable<ProviderOptions> providers, HoldfastOptions options, CancellationToken cancellationToken)
    {
        var reached = new ReachedStores();
        // Nothing is stamped here: the clock only takes the corrections.
        var clock = new Clock(options.TimeProvider);
        var opened = await Task.WhenAll(providers.Select(OpenAsync)).ConfigureAwait(false);
        foreach (var (name, store, error) in opened)
        {
            if (store is not null) reached._stores.Add(new ComparedStore(name, store));
            else reached._unreached.Add((name, error!));
        }
        return reached;

        async Task<(string, Holdfast.Stores.Postgres.PostgresStore?, HoldfastException?)> OpenAsync(ProviderOptions provider)
        {
            try
            {
                return (provider.Name, await ProviderConnections.ConnectToAllAsync(provider, options, clock, cancellationToken).ConfigureAwait(false), null);
            }
            catch (HoldfastException e) when (e is StoreUnavailableException or Holdfast.Stores.Postgres.TenantScopeException)
            {
                return (provider.Name, null, e);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var store in _stores) await store.Store.DisposeAsync().ConfigureAwait(false);
    }
}
