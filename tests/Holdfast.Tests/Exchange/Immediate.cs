namespace Holdfast.Tests.Exchange;

/// <summary>Progress that is told on the thread that reports it, in its order.</summary>
internal sealed class Immediate<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value)
    {
        lock (tell) tell(value);
    }
}
