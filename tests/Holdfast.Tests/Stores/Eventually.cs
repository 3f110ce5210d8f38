namespace Holdfast.Tests.Stores;

/// <summary>Waits on a condition, and says which one when it does not come true.</summary>
internal static class Eventually
{
    public static readonly TimeSpan WaitMax = TimeSpan.FromSeconds(60);

    public static async Task TrueAsync(string what, Func<Task<bool>> condition)
    {
        using var deadline = new CancellationTokenSource(WaitMax);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!await condition())
        {
            try
            {
                await timer.WaitForNextTickAsync(deadline.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Waited {WaitMax.TotalSeconds:0} s in vain until {what}.");
            }
        }
    }

    public static Task TrueAsync(string what, Func<bool> condition) => TrueAsync(what, () => Task.FromResult(condition()));
}
