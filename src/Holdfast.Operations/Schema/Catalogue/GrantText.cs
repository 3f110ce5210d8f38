using System.Text;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>Access control lists as one line for each grantee, sorted: <c>reader=SELECT,UPDATE*</c>, a star for the right to pass it on.</summary>
internal static class GrantText
{
    public const string Owner = "(owner)";
    public const string Public = "PUBLIC";

    private static readonly (char Letter, string Name)[] Names =
    [
        ('r', "SELECT"), ('a', "INSERT"), ('w', "UPDATE"), ('d', "DELETE"), ('D', "TRUNCATE"), ('x', "REFERENCES"), ('t', "TRIGGER"), ('m', "MAINTAIN"),
        ('X', "EXECUTE"), ('U', "USAGE"), ('C', "CREATE"), ('c', "CONNECT"), ('T', "TEMPORARY"),
    ];

    private static readonly string[] OfTable = ["SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"];

    /// <summary>Reads what PostgreSQL prints for an <c>aclitem</c>; the name of <paramref name="owner"/> becomes <c>(owner)</c>.</summary>
    public static string Canonical(IEnumerable<string> items, string owner)
    {
        var grants = new SortedDictionary<string, SortedSet<string>>(StringComparer.Ordinal);
        foreach (var item in items)
        {
            var (grantee, letters) = Split(item);
            if (ManagedNames.IsRole(grantee) && grantee != owner) continue;
            // A role may be called PUBLIC; it must not be taken for everybody.
            var name = grantee == owner ? Owner : grantee.Length == 0 ? Public : grantee is Public or Owner ? $"\"{grantee}\"" : grantee;
            if (!grants.TryGetValue(name, out var privileges)) grants[name] = privileges = new(StringComparer.Ordinal);
            for (var i = 0; i < letters.Length; i++)
                if (letters[i] != '*') privileges.Add(NameOf(letters[i]) + (i + 1 < letters.Length && letters[i + 1] == '*' ? "*" : ""));
        }
        // PostgreSQL 17 has one more privilege in ALL; who has all others of a table has it.
        foreach (var privileges in grants.Values)
            if (OfTable.All(name => privileges.Contains(name) || privileges.Contains(name + "*"))) privileges.RemoveWhere(name => name.StartsWith("MAINTAIN", StringComparison.Ordinal));
        return string.Join('\n', grants.Where(grant => grant.Value.Count > 0).Select(grant => $"{grant.Key}={string.Join(',', grant.Value)}"));
    }

    /// <summary>The canonical text as grantee and privilege, one by one.</summary>
    public static IEnumerable<(string Grantee, string Privilege)> Parse(string text) =>
        text.Length == 0 ? [] : text.Split('\n').SelectMany(line =>
        {
            var at = line.LastIndexOf('=');
            return line[(at + 1)..].Split(',').Select(privilege => (line[..at], privilege));
        });

    /// <summary>A privilege as SQL calls it.</summary>
    public static string Word(string privilege) => SqlQuote.OneOf(privilege, [.. Names.Select(one => one.Name)]);

    private static string NameOf(char letter)
    {
        foreach (var (known, name) in Names)
            if (known == letter) return name;
        return $"privilege {letter}";
    }

    // grantee=privileges/grantor; a name that is not plain stands in double quotes.
    private static (string Grantee, string Letters) Split(string item)
    {
        var grantee = new StringBuilder();
        var (i, quoted) = (0, false);
        for (; i < item.Length && (quoted || item[i] != '='); i++)
        {
            if (item[i] != '"') grantee.Append(item[i]);
            else if (quoted && i + 1 < item.Length && item[i + 1] == '"') grantee.Append(item[i++]);
            else quoted = !quoted;
        }
        var letters = item[(i + 1)..];
        return (grantee.ToString(), letters[..letters.IndexOf('/', StringComparison.Ordinal)]);
    }
}
