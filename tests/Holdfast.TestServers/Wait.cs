using System.Diagnostics;

namespace Holdfast.TestServers;

/// <summary>Waits until a condition holds; a test never guesses how long something takes.</summary>
public static class Wait
{
    public static readonly TimeSpan Default = TimeSpan.FromSeconds(60);

    public static async Task UntilAsync(Func<Task<bool>> condition, string what, TimeSpan? limit = null, Func<string>? details = null)
    {
        var watch = Stopwatch.StartNew();
        while (!await condition())
        {
            if (watch.Elapsed > (limit ?? Default))
                throw new TimeoutException($"Waited {watch.Elapsed.TotalSeconds:0} s in vain: {what}. {details?.Invoke()}");
            await Task.Delay(15);
        }
    }

    public static Task UntilAsync(Func<bool> condition, string what, TimeSpan? limit = null, Func<string>? details = null) =>
        UntilAsync(() => Task.FromResult(condition()), what, limit, details);
}
