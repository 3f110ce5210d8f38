namespace Holdfast.Stores;

/// <summary>What one of several stores answered when all were asked.</summary>
/// <param name="Store">The provider's name, <c>local</c>, or the address of a store that is alone.</param>
/// <param name="Value">Its answer; nothing where it failed.</param>
/// <param name="Error">Why it did not answer; null when it did.</param>
internal readonly record struct StoreAnswer<T>(string Store, T? Value, HoldfastException? Error)
{
    public static async Task<IReadOnlyList<StoreAnswer<T>>> OfOneAsync(string store, Task<T> asked) => [new(store, await asked.ConfigureAwait(false), null)];
}

internal static class StoreAnswers
{
    /// <summary>What those said that did answer.</summary>
    public static IEnumerable<T> Answered<T>(this IEnumerable<StoreAnswer<T>> answers) => answers.Where(answer => answer.Error is null).Select(answer => answer.Value!);
}
