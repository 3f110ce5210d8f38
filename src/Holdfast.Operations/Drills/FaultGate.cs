namespace Holdfast.Operations.Drills;

/// <summary>The mode in force, and a way to wait for another one.</summary>
internal sealed class FaultGate
{
    private State _state = new(FaultMode.Pass);

    public FaultMode Mode => Volatile.Read(ref _state).Mode;

    public void Set(FaultMode mode) => Interlocked.Exchange(ref _state, new State(mode)).Changed.SetResult();

    public async Task WaitAsync(Func<FaultMode, bool> until, CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _state) is var state && !until(state.Mode))
            await state.Changed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private sealed record State(FaultMode Mode)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
