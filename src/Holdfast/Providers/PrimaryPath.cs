using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>
/// The way of what must happen on one provider: the primary, and the next only where the primary certainly did nothing. An
/// unknown outcome is never repeated.
/// </summary>
internal sealed class PrimaryPath(Router router, IReadOnlyList<ProviderPush> pushes, FailoverOptions options, TimeProvider time, Action<string, string, TimeSpan> slow)
{
    /// <exception cref="StoreUnavailableException">No provider did it; the text begins with <paramref name="fact"/>.</exception>
    /// <exception cref="UnknownOutcomeException">A provider did not say what became of it.</exception>
    public async Task<T> RunAsync<T>(string fact, Func<PostgresStore, CancellationToken, Task<T>> work, string what, CancellationToken cancellationToken) =>
        (await OnOneAsync(fact, work, what, cancellationToken).ConfigureAwait(false)).Result;

    /// <summary>Writes a revision if its key stands at the expected one.</summary>
    /// <returns>The provider that did it; null: the key stands elsewhere.</returns>
    public async Task<Provider?> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken)
    {
        try
        {
            var (provider, done) = await OnOneAsync("The register was not changed.",
                (store, token) => store.CompareAndSetAsync(revision, expected, token), "compare-and-set", cancellationToken).ConfigureAwait(false);
            return done ? provider : null;
        }
        catch (UnknownOutcomeException e)
        {
            // One's own revision tells that it happened. That it is not there tells nothing: it may still be on its way.
            if (!await HasRevisionAsync(e.Provider, revision, e.Attempts, cancellationToken).ConfigureAwait(false)) throw;
            return e.Provider;
        }
    }

    private async Task<(Provider Provider, T Result)> OnOneAsync<T>(
        string fact, Func<PostgresStore, CancellationToken, Task<T>> work, string what, CancellationToken cancellationToken)
    {
        var (failed, deadline) = (new AttemptList(), new CallDeadline(time, options.CallTimeout));
        foreach (var provider in router.WriteOrder())
        {
            if (deadline.IsOver) break;
            var started = time.GetTimestamp();
            try
            {
                // What this process wrote before must be there: a claim or an expected revision may rest on it.
                if (pushes[provider.Index].IsBehind && !await pushes[provider.Index].FlushedAsync(deadline.Within(options.AttemptTimeout), cancellationToken).ConfigureAwait(false))
                {
                    failed.Add($"{provider.Name} has not taken all that this process wrote before");
                    if (provider.IsWritable && provider.Health.LastFailure is null) break;
                    continue;
                }
                var result = await provider.AttemptAsync(work, provider.Writes, deadline.Within(options.AttemptTimeout), ours: true, cancellationToken).ConfigureAwait(false);
                slow(provider.Name, what, time.GetElapsedTime(started));
                return (provider, result);
            }
            catch (AttemptFailedException e) when (e.Failure.Outcome == AttemptOutcome.Unknown)
            {
                failed.Add(e);
                throw new UnknownOutcomeException(provider, failed);
            }
            catch (AttemptFailedException e) when (e.InnerException is RowRefusedException refused && e.Failure.Cause == FailureCause.Caller)
            {
                throw refused;
            }
            catch (AttemptFailedException e)
            {
                failed.Add(e);
                // A full pool of this process, or contention: two callers who each went elsewhere would both be told yes.
                if (!e.CountsAgainstProvider) break;
            }
        }
        throw failed.ToException(fact);
    }

    private async Task<bool> HasRevisionAsync(Provider provider, Row revision, AttemptList failed, CancellationToken cancellationToken)
    {
        try
        {
            return await provider.AttemptAsync(
                async (store, token) => (await store.ReadRowsAsync(Tables.Revisions, [new RowReference(revision.TenantId, revision.Id, revision.Stamp)], token).ConfigureAwait(false)).Count > 0,
                null, options.AttemptTimeout, ours: true, cancellationToken).ConfigureAwait(false);
        }
        catch (AttemptFailedException e)
        {
            failed.Add(e);
            return false;
        }
    }
}
