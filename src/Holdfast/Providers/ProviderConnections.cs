using Holdfast.Providers.Configuration;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>Makes the providers that the options name, and opens their stores.</summary>
internal static class ProviderConnections
{
    /// <summary>A provider of a set; nothing is opened yet.</summary>
    public static Provider Make(ProviderOptions provider, int index, HoldfastOptions options, Clock clock) =>
        new(provider.Name, index, options.TimeProvider, token => ConnectAsync(provider, options, clock, token))
        {
            Endpoint = ProviderEndpoints.Work(provider),
            Relay = provider.RelayConnection is { IsEmpty: false } ? new RelayStore((work, token) => ConnectRelayAsync(provider, options, work, token), options.TimeProvider) : null,
            CertificateHost = provider.CertificateHost,
        };

    public static async Task<PostgresStore> ConnectAsync(ProviderOptions provider, HoldfastOptions options, Clock clock, CancellationToken cancellationToken) =>
        OnItsTime(clock, await PostgresConnector.ConnectAsync(
            ProviderEndpoints.Work(provider), options.Schema, options.TimeProvider, options.Rules, cancellationToken, provider.CertificateHost, Owner(provider, options)).ConfigureAwait(false));

    /// <summary>The store behind a connection that has no provider's name.</summary>
    public static async Task<PostgresStore> ConnectAsync(Secret connection, HoldfastOptions options, Clock clock, CancellationToken cancellationToken) =>
        OnItsTime(clock, await PostgresConnector.ConnectAsync(
            connection, options.Schema, options.TimeProvider, options.Rules, cancellationToken, new StoreOwner(options.TenantId, StoreOwner.Unknown.RelaySetting)).ConfigureAwait(false));

    /// <summary>A store that sees the rows of all tenants: with the relay's own role where one is configured.</summary>
    /// <exception cref="TenantScopeException">Row-level security shows the role one tenant at a time.</exception>
    /// <exception cref="StoreUnavailableException">The server does not answer.</exception>
    public static async Task<PostgresStore> ConnectToAllAsync(ProviderOptions provider, HoldfastOptions options, Clock clock, CancellationToken cancellationToken)
    {
        var work = await ConnectAsync(provider, options, clock, cancellationToken).ConfigureAwait(false);
        PostgresStore? toAll = null;
        try
        {
            if (provider.RelayConnection is { IsEmpty: false }) return toAll = await ConnectRelayAsync(provider, options, work, cancellationToken).ConfigureAwait(false);
            if (work.IsByTenant) throw TenantScopeException.NeedsRelay(work.Address, options.Schema, SettingNames.Relay(provider.Name));
            return toAll = work;
        }
        finally
        {
            if (toAll != work) await work.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>The relay's own connection to the server behind <paramref name="work"/>.</summary>
    /// <exception cref="TenantScopeException">It cannot be had, leads elsewhere, or does not see all tenants.</exception>
    public static async Task<PostgresStore> ConnectRelayAsync(ProviderOptions provider, HoldfastOptions options, PostgresStore work, CancellationToken cancellationToken)
    {
        var setting = SettingNames.Relay(provider.Name);
        PostgresStore? relay = null;
        var isRight = false;
        try
        {
            var endpoint = ProviderEndpoints.Relay(provider) ?? throw TenantScopeException.NeedsRelay(work.Address, options.Schema, setting);
            relay = await PostgresConnector.ConnectAsync(endpoint, options.Schema, options.TimeProvider, options.Rules, cancellationToken, provider.CertificateHost, Owner(provider, options)).ConfigureAwait(false);
            if (relay.IsByTenant)
                throw new TenantScopeException($"{setting} connects as {endpoint.Username}, which row-level security shows one tenant at a time. It must be the role {options.Schema}_relay, which has a policy for all tenants ('holdfast access apply --row-security').");
            // Rows of one server must not go to another under its name: the start of the server and its database tell them apart.
            if (await ServerStart.AskAsync(relay, cancellationToken).ConfigureAwait(false) != await ServerStart.AskAsync(work, cancellationToken).ConfigureAwait(false))
                throw new TenantScopeException($"{setting} leads to {relay.Address}, which is another database than {work.Address} of the provider '{provider.Name}'. Both must be one.");
            isRight = true;
            return relay;
        }
        catch (HoldfastException e)
        {
            // No word on the provider itself: the application's own connection to it is another one.
            throw e as TenantScopeException ?? new TenantScopeException($"{setting}: {e.Message}", e.InnerException is Npgsql.PostgresException { SqlState: ['2', '8', ..] });
        }
        finally
        {
            if (!isRight && relay is not null) await relay.DisposeAsync().ConfigureAwait(false);
        }
    }

    // Stamps are made on the store's time: a machine whose clock is wrong then does no harm. What lies within the
    // uncertainty of the measurement is left alone.
    private static PostgresStore OnItsTime(Clock clock, PostgresStore store)
    {
        if (store.Identity.ClockOffset.Duration() > store.Identity.ClockUncertainty) clock.Correct(store.Identity.ClockOffset);
        return store;
    }

    private static StoreOwner Owner(ProviderOptions provider, HoldfastOptions options) => new(options.TenantId, SettingNames.Relay(provider.Name));
}
