using Holdfast.Providers;
using Holdfast.Stores;

namespace Holdfast.Relay;

/// <summary>
/// Whether a provider still has the row that it confirmed last, each time that it comes into use: one that was restored from an
/// older backup has lost just the newest. What it confirmed is then sent again from the spool.
/// </summary>
internal sealed class HolderCheck(ProviderAccess set, Provider provider)
{
    private DateTimeOffset? _checkedFor;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (provider is not { IsReadable: true, Store: not null, Health.UsableSince: { } since } || since == _checkedFor) return;
        try
        {
            if (await set.Spool.Spool.NewestHeldAsync(provider.Name, cancellationToken).ConfigureAwait(false) is { } newest
                && await provider.AskAsync((store, token) => store.FindMissingAsync(newest.Table, [newest.Reference], token), set.Settings.Options.AttemptTimeout, cancellationToken).ConfigureAwait(false) is { Count: > 0 })
                await set.ForgetHeldAsync(provider, cancellationToken).ConfigureAwait(false);
            _checkedFor = since;
        }
        catch (AttemptFailedException)
        {
            // It is out of use again, and its state says why; the next time it comes into use it is asked anew.
        }
    }
}
