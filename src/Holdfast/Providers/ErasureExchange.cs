using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Providers;

/// <summary>
/// Brings every store the erasures that another one knows: when a memory opens, before a provider that was away is used again,
/// and now and then. The relay would bring them too, but a moment after the first reads.
/// </summary>
internal sealed class ErasureExchange(ProviderAccess set)
{
    /// <summary>Makes all stores that answer equal; the erasures that any of them knows.</summary>
    /// <param name="connects">False: a provider that this process has not reached yet is not waited for.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<Row>> RunAsync(bool connects, CancellationToken cancellationToken)
    {
        var answers = await set.AskEachAsync(ReadAsync, mayTakeLong: false, connects, cancellationToken).ConfigureAwait(false);
        var known = answers.Answered().SelectMany(rows => rows).DistinctBy(row => row.Id).ToList();
        if (set.Control.FrozenSince is not null) return known;
        await Task.WhenAll(answers.Where(answer => answer.Error is null && answer.Value!.Count < known.Count).Select(answer => BringAsync(answer.Store, Missing(known, answer.Value!), cancellationToken))).ConfigureAwait(false);
        return known;
    }

    /// <summary>Brings a provider that was away what it lacks before anybody may read from it. Where that fails it does not lead.</summary>
    public async Task WelcomeAsync(Provider provider, CancellationToken cancellationToken)
    {
        if (set.Control.FrozenSince is not null) return;
        try
        {
            // Its breaker is open: no attempt of the usual kind would be made.
            var here = await WithinAsync(async () => await ReadAsync(await provider.ConnectAsync(cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
            var known = (await set.AskEachAsync(ReadAsync, mayTakeLong: false, connects: false, cancellationToken).ConfigureAwait(false)).Answered().SelectMany(rows => rows).DistinctBy(row => row.Id);
            var missing = Missing(known, here);
            if (missing.Count > 0) await WithinAsync(() => provider.Store!.MergeAsync(missing, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is HoldfastException or TimeoutException)
        {
            set.UpkeepFailed(e);
            if (set.Providers.Count > 1) provider.Lacks();
        }
    }

    private async Task BringAsync(string store, IReadOnlyList<Row> missing, CancellationToken cancellationToken)
    {
        if (set.Providers.FirstOrDefault(provider => provider.Name == store) is not { } provider)
        {
            await set.Local.MergeAsync(missing, cancellationToken).ConfigureAwait(false);
            return;
        }
        try
        {
            await provider.AttemptAsync((target, token) => target.MergeAsync(missing, token), null, set.Settings.Options.CallTimeout, ours: true, cancellationToken).ConfigureAwait(false);
        }
        catch (AttemptFailedException)
        {
            // Its state says why. What it still shows was forgotten: another one must lead.
            if (set.Providers.Count > 1) provider.Lacks();
        }
    }

    private Task<IReadOnlyList<Row>> ReadAsync(IRowAccess store, CancellationToken cancellationToken) => ErasureQueries.ReadRowsAsync(store, set.Settings.TenantId, cancellationToken);

    private Task<T> WithinAsync<T>(Func<Task<T>> work, CancellationToken cancellationToken) => work().WaitAsync(set.Settings.Options.CallTimeout, set.Settings.Time, cancellationToken);

    private static List<Row> Missing(IEnumerable<Row> known, IReadOnlyList<Row> here)
    {
        var ids = here.Select(row => row.Id).ToHashSet();
        return [.. known.Where(row => !ids.Contains(row.Id))];
    }
}
