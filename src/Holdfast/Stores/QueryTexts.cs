using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>Puts a store's own table names where a statement has them in braces; only names of the catalogue pass.</summary>
internal sealed partial class QueryTexts(Func<string, string> qualify)
{
    private readonly ConcurrentDictionary<string, string> _texts = new(StringComparer.Ordinal);

    public string Of(string sql) => _texts.GetOrAdd(sql, text => Braces().Replace(text, match => qualify(Tables.Get(match.Groups[1].Value).Name)));

    [GeneratedRegex(@"\{(\w+)\}")]
    private static partial Regex Braces();
}
