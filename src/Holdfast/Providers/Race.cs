namespace Holdfast.Providers;

/// <summary>Attempts at several providers for one call. An attempt that failed answers with null.</summary>
internal sealed class Race<T>(TimeProvider time) where T : class
{
    private readonly List<(Provider Provider, Task<T?> Task)> _running = [];

    public IReadOnlyList<(Provider Provider, Task<T?> Task)> Running => _running;

    public Provider Latest => _running[^1].Provider;

    public void Start(Provider provider, Task<T?> attempt) => _running.Add((provider, attempt));

    /// <summary>Waits for the next attempt that ends; false when none does in time.</summary>
    public async ValueTask<(bool Ended, T? Answer)> NextAsync(TimeSpan timeout)
    {
        try
        {
            // The usual case costs one timer and no change of threads.
            var ended = _running is [var only]
                ? only.Task.IsCompleted ? only.Task : await WaitAsync(only.Task, timeout).ConfigureAwait(false)
                : await Task.WhenAny(_running.Select(attempt => attempt.Task)).WaitAsync(timeout, time).ConfigureAwait(false);
            _running.RemoveAll(attempt => attempt.Task == ended);
            return (true, await ended.ConfigureAwait(false));
        }
        catch (TimeoutException)
        {
            return (false, null);
        }
    }

    /// <summary>Others answered because these let the call wait: they are suspect until they answer.</summary>
    public void SuspectRunning()
    {
        foreach (var (provider, _) in _running)
            if (provider.Running > 0) provider.Suspect();
    }

    private async Task<Task<T?>> WaitAsync(Task<T?> attempt, TimeSpan timeout)
    {
        await attempt.WaitAsync(timeout, time).ConfigureAwait(false);
        return attempt;
    }
}
