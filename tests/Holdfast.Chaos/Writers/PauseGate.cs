namespace Holdfast.Chaos.Writers;

/// <summary>Lanes pass it between two writes; while it is closed they stand there.</summary>
internal sealed class PauseGate
{
    private readonly Lock _lock = new();
    private TaskCompletionSource? _closed;
    private TaskCompletionSource _arrived = New();
    private int _standing;
    private int _expected = int.MaxValue;

    /// <summary>Closes it and waits until as many stand before it.</summary>
    public Task CloseAsync(int lanes)
    {
        lock (_lock)
        {
            _closed ??= New();
            _expected = lanes;
            _arrived = New();
            if (_standing >= lanes) _arrived.TrySetResult();
            return _arrived.Task;
        }
    }

    public void Open()
    {
        TaskCompletionSource? closed;
        lock (_lock)
        {
            (closed, _closed, _expected) = (_closed, null, int.MaxValue);
        }
        closed?.TrySetResult();
    }

    public async Task PassAsync()
    {
        Task open;
        lock (_lock)
        {
            if (_closed is null) return;
            open = _closed.Task;
            if (++_standing >= _expected) _arrived.TrySetResult();
        }
        await open;
        lock (_lock) _standing--;
    }

    private static TaskCompletionSource New() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
