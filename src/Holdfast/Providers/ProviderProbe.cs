using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Providers;

/// <summary>Looks after one provider: at its turn, and at once when the traffic suspects it. Stale health never blocks a call.</summary>
internal sealed class ProviderProbe(Provider provider, ProviderSetSettings settings)
{
    private static readonly Statement Read = new("select 1");

    private static readonly Statement Write = new("""
        insert into {canary} (id, token, written_at) values ('holdfast', gen_random_uuid(), clock_timestamp())
        on conflict (id) do update set token = excluded.token, written_at = excluded.written_at
        """);

    /// <summary>The smallest question.</summary>
    public static async Task<bool> ReadAsync(PostgresStore store, CancellationToken cancellationToken) =>
        await store.QueryAsync(Read, [], _ => true, cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var suspected = new SemaphoreSlim(0);
        provider.Suspected += (_, _) => suspected.Release();
        var failures = 0;
        while (true)
        {
            await suspected.WaitAsync(Pause(failures), cancellationToken).ConfigureAwait(false);
            failures = await ProbeAsync(cancellationToken).ConfigureAwait(false) ? 0 : failures + 1;
        }
    }

    private TimeSpan Pause(int failures)
    {
        var pause = failures == 0 ? settings.Options.ProbeInterval : TimeSpan.FromSeconds(Math.Min(60, Math.Pow(2, failures)));
        return pause * (0.8 + 0.4 * Random.Shared.NextDouble());
    }

    private async Task<bool> ProbeAsync(CancellationToken cancellationToken)
    {
        var started = settings.Time.GetTimestamp();
        try
        {
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            deadline.CancelAfter(TimeSpan.FromSeconds(1));
            var store = await provider.ConnectAsync(deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            await ReadAsync(store, deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            provider.ProbeLatency.Record(settings.Time.GetElapsedTime(started));
            await store.ExecuteAsync(Write, [], deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            await provider.RecoverAsync(tookOurRows: false).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException)
        {
            await provider.FailProbeAsync(Failures.FailureClassifier.Classify(e, sent: true)).ConfigureAwait(false);
            return false;
        }
    }
}
