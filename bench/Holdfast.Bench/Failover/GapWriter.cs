using System.Diagnostics;

namespace Holdfast.Bench.Failover;

/// <summary>One writer in a loop, each row tried again until it is acknowledged, and when that was.</summary>
internal sealed class GapWriter : IAsyncDisposable
{
    private readonly IFailoverSubject _subject;
    private readonly CancellationTokenSource _stop = new();
    private readonly Lock _gate = new();
    private readonly List<long> _acknowledged = [];
    private readonly Task _writing;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public GapWriter(IFailoverSubject subject)
    {
        _subject = subject;
        _writing = Task.Run(WriteAsync);
    }

    /// <summary>The last error that a write ended with.</summary>
    public Exception? Error { get; private set; }

    /// <summary>Returns after so many more acknowledgements; false: not within the limit.</summary>
    public async Task<bool> AcknowledgesAsync(int count, TimeSpan limit)
    {
        var deadline = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        for (var wanted = Count + count; ;)
        {
            Task next;
            lock (_gate)
            {
                if (_acknowledged.Count >= wanted) return true;
                next = _next.Task;
            }
            var left = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), deadline);
            if (left <= TimeSpan.Zero || await Task.WhenAny(next, _writing, Task.Delay(left)) != next) return false;
        }
    }

    /// <summary>The longest time in milliseconds without an acknowledgement that overlaps what came after a moment.</summary>
    public double LongestGapSince(long moment)
    {
        lock (_gate)
        {
            var first = Math.Max(1, _acknowledged.FindIndex(at => at >= moment));
            return Enumerable.Range(first, _acknowledged.Count - first)
                .Select(i => Stopwatch.GetElapsedTime(_acknowledged[i - 1], _acknowledged[i]).TotalMilliseconds).DefaultIfEmpty(double.NaN).Max();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _writing;
        _stop.Dispose();
    }

    private int Count
    {
        get { lock (_gate) return _acknowledged.Count; }
    }

    private async Task WriteAsync()
    {
        for (var n = 0; !_stop.IsCancellationRequested;)
        {
            try
            {
                await _subject.WriteAsync(n, _stop.Token);
            }
            catch (Exception error)
            {
                // Tried again at once, as the peers' users do; the gap is what is measured, the error is shown if it never ends.
                if (!_stop.IsCancellationRequested) Error = error;
                await Task.Yield();
                continue;
            }
            n++;
            TaskCompletionSource done;
            lock (_gate)
            {
                _acknowledged.Add(Stopwatch.GetTimestamp());
                done = _next;
                _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
            }
            done.SetResult();
        }
    }
}
