using System.Text.Json;
using Holdfast.Stores.Postgres;

namespace Holdfast.Operations.Tests.Injection;

/// <summary>An entry that takes a text.</summary>
/// <param name="Name">Whose.</param>
/// <param name="CallAsync">Calls it with a text; what it answers.</param>
internal sealed record HostileEntry(string Name, Func<string, Task<object?>> CallAsync);

/// <summary>
/// Calls entries with hostile texts, and tells of every answer and error that one which only takes values could not give: a syntax error of the server's, a
/// missing column, and rows of somebody else.
/// </summary>
internal static class HostileCalls
{
    /// <summary>A word of rows that no hostile text names; only what lists everything shows them.</summary>
    public const string Untouched = "untouched";

    private const string Ordinary = "an ordinary text";

    /// <summary>What looked strange; empty: no text became a part of SQL.</summary>
    public static async Task<IReadOnlyList<string>> RunAsync(IReadOnlyList<HostileEntry> entries, IReadOnlyList<string> texts)
    {
        var strange = new List<string>();
        var listing = new HashSet<string>();
        foreach (var entry in entries)
            if (await CallAsync(entry, Ordinary, strange) is { } answer && Shows(answer)) listing.Add(entry.Name);
        foreach (var text in texts)
            foreach (var entry in entries)
                if (await CallAsync(entry, text, strange) is { } answer && !listing.Contains(entry.Name) && Shows(answer)) strange.Add($"{entry.Name}({Short(text)}): rows that it was not asked for");
        return strange;
    }

    private static async Task<object?> CallAsync(HostileEntry entry, string text, List<string> strange)
    {
        try
        {
            return await entry.CallAsync(text);
        }
        catch (Exception e) when (IsExpected(e))
        {
            return null;
        }
#pragma warning disable CA1031 // Whatever else is thrown is what this looks for.
        catch (Exception e)
#pragma warning restore CA1031
        {
            strange.Add($"{entry.Name}({Short(text)}): {e.GetType().Name}: {e.Message}");
            return null;
        }
    }

    /// <summary>Refused before it came to a store, or no answer is there for it: named one by one, since a store's refusal is what an injection looks like.</summary>
    private static bool IsExpected(Exception error) => error is InvalidInputException or RevisionConflictException
        // A role of one tenant is asked for what goes over all.
        or TenantScopeException
        // A session that was deleted, a job of another kind: of the program, not of a store.
        || (error.GetType() == typeof(HoldfastException) && error.InnerException is null or JsonException);

    private static bool Shows(object answer)
    {
        try
        {
            return JsonSerializer.Serialize(answer, answer.GetType()).Contains(Untouched, StringComparison.Ordinal);
        }
        catch (NotSupportedException)
        {
            return $"{answer}".Contains(Untouched, StringComparison.Ordinal);
        }
    }

    private static string Short(string text) => text.Length > 40 ? text[..40] + "…" : text;
}
