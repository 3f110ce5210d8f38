using System.Runtime.ExceptionServices;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// One provider at a time, the backups first and the one that leads last: what a change breaks is seen where it does the least harm,
/// and the first failure ends it.
/// </summary>
internal static class SchemaRollout
{
    /// <param name="providers">In the order in which they lead.</param>
    /// <param name="step">The change of one, which reads again what it left.</param>
    /// <exception cref="RolloutStoppedException">One failed, and there are several.</exception>
    public static async Task<IReadOnlyList<TResult>> RunAsync<TProvider, TResult>(
        IReadOnlyList<(string Name, TProvider Provider)> providers, Func<string, TProvider, Task<TResult>> step)
    {
        var done = new List<string>();
        var results = new List<TResult>();
        foreach (var (name, provider) in providers.Reverse())
        {
            try
            {
                results.Add(await step(name, provider).ConfigureAwait(false));
                done.Add(name);
            }
            catch (Exception e) when (providers.Count > 1 && e is not OperationCanceledException)
            {
                var left = providers.Reverse().Skip(done.Count + 1).Select(other => other.Name).ToList();
                throw new RolloutStoppedException(
                    $"{(e.Message.StartsWith($"{name} ", StringComparison.Ordinal) ? "" : $"{name}: ")}{e.Message} The rollout stopped there. Done: {Names(done)}; failed: {name}; not begun: {Names(left)}.", e);
            }
            catch (Exception e)
            {
                ExceptionDispatchInfo.Throw(e);
            }
        }
        return results;
    }

    private static string Names(List<string> names) => names.Count == 0 ? "none" : string.Join(", ", names);
}
