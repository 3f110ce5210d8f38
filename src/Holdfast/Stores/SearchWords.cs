using System.Text.RegularExpressions;

namespace Holdfast.Stores;

/// <summary>Words to search for, any of them; each engine has a query language of its own.</summary>
internal sealed partial class SearchWords
{
    private const int CountMax = 64;

    private readonly List<string> _words;

    /// <summary>Only letters and digits reach the engines: signs and operators mean nothing.</summary>
    public SearchWords(string query) =>
        _words = [.. Words().Matches(query).Select(match => match.Value).Distinct(StringComparer.OrdinalIgnoreCase).Take(CountMax)];

    public bool IsEmpty => _words.Count == 0;

    public string ForPostgres => string.Join(" | ", _words.Select(word => $"'{word}'"));

    public string ForSqlite => string.Join(" OR ", _words.Select(word => $"\"{word}\""));

    [GeneratedRegex(@"[\p{L}\p{N}]+")]
    private static partial Regex Words();
}
