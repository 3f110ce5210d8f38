using System.Runtime.CompilerServices;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>
/// The way of a read: the primary, then the others, the next one also when one is slow, and the local file last. A provider is
/// asked only after it has got what this process wrote, so that it always reads its own writes. An empty answer counts from
/// the primary only.
/// </summary>
internal sealed class ReadPath(Router router, IReadOnlyList<ProviderPush> pushes, SqliteStore local, HedgeBudget hedges, FailoverOptions options, TimeProvider time, Action<string, string, TimeSpan> slow)
{
    /// <summary>Rows that are gathered before the caller sees the first: until then another provider can still take over.</summary>
    private const int HeadRowsMax = 10_000;

    public async IAsyncEnumerable<T> QueryAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var answer = await AskAsync(statement, parameters, read, cancellationToken).ConfigureAwait(false);
        foreach (var item in answer.Head) yield return item;
        if (answer.Tail is not { } tail) yield break;
        await using var _ = tail.ConfigureAwait(false);
        while (await tail.MoveNextAsync().ConfigureAwait(false)) yield return tail.Current;
    }

    private async Task<Answer<T>> AskAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken)
    {
        var (failed, deadline) = (new AttemptList(), new CallDeadline(time, options.CallTimeout));
        var route = router.Route;
        var order = router.ReadOrder();
        var race = new Race<Answer<T>>(time);
        hedges.Count();
        var next = 0;
        while (true)
        {
            if (race.Running.Count == 0)
            {
                if (next >= order.Count || deadline.IsOver) return await AskLocalAsync(statement, parameters, read, failed, cancellationToken).ConfigureAwait(false);
                Start(order[next++]);
            }
            var slowest = race.Latest;
            var mayHedge = next < order.Count && !statement.MayTakeLong && hedges.MayHedge(slowest);
            var (ended, answer) = await race.NextAsync(mayHedge ? hedges.Delay(slowest, slowest.Reads) : Timeout.InfiniteTimeSpan).ConfigureAwait(false);
            if (answer is not null)
            {
                race.SuspectRunning();
                return answer;
            }
            if (ended) continue;
            hedges.Spend(slowest);
            Start(order[next++]);
        }

        void Start(Provider provider) => race.Start(provider, AttemptAsync(provider, route, statement, parameters, read, failed, deadline, cancellationToken));
    }

    private async Task<Answer<T>?> AttemptAsync<T>(
        Provider provider, Route route, Statement statement, object?[] parameters, Func<StoreReader, T> read, AttemptList failed, CallDeadline deadline, CancellationToken cancellationToken)
    {
        var isPrimary = provider == route.Primary;
        var push = pushes[provider.Index];
        var started = time.GetTimestamp();
        Task<Answer<T>>? head = null;
        try
        {
            var source = new ReadSource(provider.Name, MayBeStale: !isPrimary || route.IsFailover || push.IsBehind);
            // Who takes no rows now does not get them by being waited for.
            if (push.IsBehind && (provider.Health.WriteRefusal is not null || !await push.FlushedAsync(deadline.Within(options.AttemptTimeout), cancellationToken).ConfigureAwait(false)))
            {
                failed.Add($"{provider.Name} has not taken all that this process wrote, so its answer would lack it");
                return null;
            }
            var timeout = deadline.Within(statement.MayTakeLong ? options.CallTimeout : options.AttemptTimeout);
            var answer = await provider.AttemptAsync((store, token) => head = HeadAsync(store, statement, parameters, read, source, token), provider.Reads, timeout, ours: true, cancellationToken).ConfigureAwait(false);
            slow(provider.Name, statement.Postgres, time.GetElapsedTime(started));
            if (answer.Head.Count > 0 || isPrimary) return answer;
            failed.Add($"{provider.Name} has found nothing, but only the primary's word makes an answer empty");
            return null;
        }
        catch (AttemptFailedException e)
        {
            failed.Add(e);
            if (head is not null) _ = EndLateAsync(head);
            return null;
        }
    }

    // An answer that comes after its deadline holds a connection as long as it is not ended.
    private static async Task EndLateAsync<T>(Task<Answer<T>> head)
    {
        await head.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).ConfigureAwait(false);
        if (head is { IsCompletedSuccessfully: true, Result.Tail: { } tail }) await tail.DisposeAsync().ConfigureAwait(false);
        else _ = head.Exception;
    }

    private async Task<Answer<T>> AskLocalAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, AttemptList failed, CancellationToken cancellationToken)
    {
        var answer = await HeadAsync(local, statement, parameters, read, new ReadSource("local", MayBeStale: true), cancellationToken).ConfigureAwait(false);
        if (answer.Head.Count > 0) return answer;
        // What is not in the local file may well be at a provider: that is no answer.
        throw failed.ToException("No provider answers, and what was asked for is not in the local file; it may exist.");
    }

    private static async Task<Answer<T>> HeadAsync<T>(
        IStore store, Statement statement, object?[] parameters, Func<StoreReader, T> read, ReadSource source, CancellationToken cancellationToken)
    {
        var items = new List<T>();
        var rows = store.QueryAsync(statement, parameters, row =>
        {
            row.Source = source;
            return read(row);
        }, cancellationToken).GetAsyncEnumerator(CancellationToken.None);
        try
        {
            while (await rows.MoveNextAsync().ConfigureAwait(false))
            {
                items.Add(rows.Current);
                if (items.Count == HeadRowsMax && statement.MayTakeLong) return new Answer<T>(items, rows);
            }
        }
        catch
        {
            await rows.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        await rows.DisposeAsync().ConfigureAwait(false);
        return new Answer<T>(items, null);
    }

    private sealed record Answer<T>(List<T> Head, IAsyncEnumerator<T>? Tail);
}
