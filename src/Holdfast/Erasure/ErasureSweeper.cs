using Holdfast.Providers;
using Holdfast.Stores;

namespace Holdfast.Erasure;

/// <summary>
/// Sweeps what erasures cover once the transactions from before them have ended: those of this process, and what a process
/// left behind that has ended. Looks when the memory opens, while something is left to do, and then seldom.
/// </summary>
internal sealed class ErasureSweeper : IAsyncDisposable
{
    private static readonly TimeSpan PeriodMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PeriodMax = TimeSpan.FromMinutes(1);

    private readonly IRowAccess _store;
    private readonly Func<CancellationToken, Task> _learn;
    private readonly TimeProvider _time;
    private readonly TimeSpan _idle;
    private readonly SemaphoreSlim _woken = new(0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _loop;
    private TimeSpan _period = PeriodMin;

    /// <param name="store">What is swept.</param>
    /// <param name="learn">Finds out which erasures there are, and brings them where they are not.</param>
    /// <param name="idle">How long to the next look when nothing was left to do; others may have erased. Infinite: nobody else is looked after.</param>
    /// <param name="time">The clock.</param>
    public ErasureSweeper(IRowAccess store, Func<CancellationToken, Task> learn, TimeSpan idle, TimeProvider time)
    {
        (_store, _learn, _idle, _time) = (store, learn, idle, time);
        _loop = Task.Run(() => BackgroundLoop.RunAsync(TurnAsync, error => LastError = error, time, _stopping.Token));
    }

    /// <summary>What ended a turn that nobody foresaw; the next one was made all the same.</summary>
    public Exception? LastError { get; private set; }

    /// <summary>Looks at once, and again until nothing is left.</summary>
    public void Wake() => _woken.Release();

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _stopping.Dispose();
        _woken.Dispose();
    }

    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        var done = await SweepAsync().ConfigureAwait(false);
        _period = done ? PeriodMin : _period * 2 < PeriodMax ? _period * 2 : PeriodMax;
        await WaitAsync(done ? _idle : _period).ConfigureAwait(false);
        return true;
    }

    private async Task<bool> SweepAsync()
    {
        try
        {
            await _learn(_stopping.Token).ConfigureAwait(false);
            return await _store.SweepErasuresAsync(_stopping.Token).ConfigureAwait(false);
        }
        catch (HoldfastException)
        {
            // Frozen, or it does not answer: the next look is due all the same, and calls say it to their callers.
            return false;
        }
    }

    private async Task WaitAsync(TimeSpan wait)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(_stopping.Token);
        await Task.WhenAny(Task.Delay(wait, _time, over.Token), _woken.WaitAsync(over.Token)).ConfigureAwait(false);
        await over.CancelAsync().ConfigureAwait(false);
        _stopping.Token.ThrowIfCancellationRequested();
    }
}
