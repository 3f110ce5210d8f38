using System.Text.RegularExpressions;

namespace Holdfast.Stores.Postgres;

/// <summary>The one identifier that a caller may choose; it stands in SQL, so it is narrower than what PostgreSQL allows.</summary>
internal static partial class SchemaName
{
    public static string Check(string schema) => Allowed().IsMatch(schema)
        ? schema
        : throw new InvalidInputException("schema", $"'{schema}' is not a plain name: lower-case letters, digits and underscores, a letter first, at most 63.");

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex Allowed();
}
