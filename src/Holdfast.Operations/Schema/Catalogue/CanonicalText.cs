using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>Makes texts of a server's catalogue comparable with those of another schema and another major.</summary>
internal sealed class CanonicalText
{
    /// <summary>Stands for the schema's own name, as it does in migrations.</summary>
    public const string Schema = "{schema}";

    private readonly Regex _names;
    private readonly HashSet<string> _schemas;
    private readonly IReadOnlyDictionary<string, string> _standIns;

    /// <param name="names">What the schema is called, and what its scratch copy is called: each becomes <c>{schema}</c> where it stands as a word.</param>
    /// <param name="schemas">All schemas of the database: a name before a dot that is one of them is no alias.</param>
    /// <param name="standIns">Schemas of random names, each with the name of the one that it stands for.</param>
    public CanonicalText(IEnumerable<string> names, IEnumerable<string> schemas, IReadOnlyDictionary<string, string> standIns)
    {
        _names = new Regex($"(?<![A-Za-z0-9_$\\x80-\\uffff])(?:{string.Join('|', names.Distinct().Select(Regex.Escape))})(?![A-Za-z0-9_$\\x80-\\uffff])", RegexOptions.CultureInvariant);
        _schemas = [.. schemas];
        _standIns = standIns;
    }

    public string WithoutName(string text)
    {
        foreach (var (stand, name) in _standIns) text = text.Replace(stand, name, StringComparison.Ordinal);
        return _names.Replace(text, Schema);
    }

    /// <summary>
    /// A query without the aliases before its columns and without its line ends: PostgreSQL 16 and later print no alias where a
    /// query has one source only. Compares views of two majors; within one major the exact text is compared.
    /// </summary>
    public string Portable(string query)
    {
        var tokens = SqlTokenizer.Read(query);
        var words = new List<string>(tokens.Count);
        for (var i = 0; i < tokens.Count; i++)
        {
            var qualifies = tokens[i].Name is { } name && !_schemas.Contains(name) && i + 2 < tokens.Count && tokens[i + 1].IsSymbol(".") && (tokens[i + 2].Name is not null || tokens[i + 2].IsSymbol("*"));
            if (qualifies && !(i > 0 && tokens[i - 1].IsSymbol("."))) i++;
            else words.Add(query[tokens[i].Start..tokens[i].End]);
        }
        return WithoutName(string.Join(' ', words));
    }
}
