using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>
/// The relay's own log-in at a provider, tried: an application that works says nothing of it, and without it no rows of others are brought over.
/// </summary>
internal static class RelayLogIn
{
    /// <summary>Why the relay cannot work there, in words that name the setting; null: it can, it has no log-in of its own, or the provider itself does not answer.</summary>
    /// <param name="provider">The provider; it has let the application in a moment ago.</param>
    /// <param name="options">The tenant and the schema.</param>
    /// <param name="timeMax">How long to wait for an answer.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<string?> ProblemAsync(ProviderOptions provider, HoldfastOptions options, TimeSpan timeMax, CancellationToken cancellationToken)
    {
        if (provider.RelayConnection is not { IsEmpty: false }) return null;
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var trial = TryAsync(provider, options, stop.Token);
        try
        {
            await trial.WaitAsync(timeMax, options.TimeProvider, cancellationToken).ConfigureAwait(false);
            return null;
        }
        catch (TenantScopeException e)
        {
            return e.Message;
        }
        catch (StoreUnavailableException)
        {
            // The application's own connection, and its probe says why.
            return null;
        }
        catch (TimeoutException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            _ = trial.ContinueWith(static late => _ = late.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            return FormattableString.Invariant($"{Configuration.SettingNames.Relay(provider.Name)}: no answer within {timeMax.TotalSeconds:0.#} s");
        }
    }

    private static async Task TryAsync(ProviderOptions provider, HoldfastOptions options, CancellationToken cancellationToken)
    {
        var store = await ProviderConnections.ConnectToAllAsync(provider, options, new Clock(options.TimeProvider), cancellationToken).ConfigureAwait(false);
        await store.DisposeAsync().ConfigureAwait(false);
    }
}
