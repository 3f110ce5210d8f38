using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>One question to every provider at once and to the local file: each answers, or says why it does not.</summary>
internal sealed class StoreSurvey(IReadOnlyList<Provider> providers, SqliteStore local, FailoverOptions options)
{
    /// <param name="ask">The question.</param>
    /// <param name="mayTakeLong">True: it may take as long as a whole call.</param>
    /// <param name="connects">False: a provider that this process has not reached yet is not waited for.</param>
    /// <param name="ofAll">True: it is about all tenants.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<StoreAnswer<T>>> AskAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, bool connects, bool ofAll, CancellationToken cancellationToken)
    {
        var asked = providers.Select(AskProviderAsync).Append(AskLocalAsync()).ToList();
        return await Task.WhenAll(asked).ConfigureAwait(false);

        async Task<StoreAnswer<T>> AskProviderAsync(Provider provider)
        {
            if (provider.IsDrained) return new(provider.Name, default, new StoreUnavailableException("it is drained"));
            if (provider.Store is null && !connects) return new(provider.Name, default, new StoreUnavailableException("it has not been reached yet"));
            // One that failed just now does not get the longer time.
            var timeout = mayTakeLong && provider.Health.LastFailure is null ? options.CallTimeout : options.AttemptTimeout;
            try
            {
                return new(provider.Name, await provider.AttemptAsync(async (store, token) => await ask(ofAll ? await provider.OfAllAsync(store, token).ConfigureAwait(false) : store, token).ConfigureAwait(false), null, timeout, ours: true, cancellationToken).ConfigureAwait(false), null);
            }
            catch (AttemptFailedException e)
            {
                return new(provider.Name, default, new StoreUnavailableException(e.Failure.Message, e));
            }
        }

        async Task<StoreAnswer<T>> AskLocalAsync()
        {
            try
            {
                return new(SqliteStore.LocalName, await ask(local, cancellationToken).ConfigureAwait(false), null);
            }
            catch (HoldfastException e)
            {
                return new(SqliteStore.LocalName, default, e);
            }
        }
    }
}
