namespace Holdfast.Bench;

/// <summary>Runs ours and raw by turns, and swaps who goes first in every round, so that what changes with time hits both alike.</summary>
internal static class Alternation
{
    public static async Task<IReadOnlyList<Round>> RunAsync(int rounds, Func<Task<double>> ours, Func<Task<double>> raw, Func<Task>? before = null)
    {
        var results = new List<Round>();
        // The first round warms up and does not count.
        for (var i = -1; i < rounds; i++)
        {
            if (before is not null) await before();
            double a, b;
            if (i % 2 == 0)
            {
                a = await ours();
                b = await raw();
            }
            else
            {
                b = await raw();
                a = await ours();
            }
            if (i >= 0) results.Add(new Round(a, b));
        }
        return results;
    }
}
