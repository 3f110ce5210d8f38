using Holdfast.Providers.Configuration;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>Opens a provider's store.</summary>
internal static class ProviderConnections
{
    public static async Task<PostgresStore> ConnectAsync(ProviderOptions provider, HoldfastOptions options, Clock clock, CancellationToken cancellationToken)
    {
        var store = await PostgresConnector.ConnectAsync(ProviderEndpoints.Work(provider), options.Schema, options.TimeProvider, options.Rules, cancellationToken, provider.CertificateHost).ConfigureAwait(false);
        // Stamps are made on the store's time: a machine whose clock is wrong then does no harm. What lies within the
        // uncertainty of the measurement is left alone.
        if (store.Identity.ClockOffset.Duration() > store.Identity.ClockUncertainty) clock.Correct(store.Identity.ClockOffset);
        return store;
    }
}
