namespace Holdfast.Operations.Drills;

/// <summary>The mode in force, and a way to wait for another one.</summary>
internal sealed class FaultGate
{
    private GateState _state = new(FaultMode.Pass);

    public FaultMode Mode => Volatile.Read(ref _state).Mode;

    public void Set(FaultMode mode) => Interlocked.Exchange(ref _state, new GateState(mode)).Changed.SetResult();

    public async Task WaitAsync(Func<FaultMode, bool> until, CancellationToken cancellationToken)
    {
        while (Volatile.Read(ref _state) is var state && !until(state.Mode))
            await state.Changed.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private sealed record GateState(FaultMode Mode)
    {
        public TaskCompletionSource Changed { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
