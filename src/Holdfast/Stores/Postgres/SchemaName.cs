using System.Text.RegularExpressions;

namespace Holdfast.Stores.Postgres;

/// <summary>The one identifier that a caller may choose; it stands in SQL, so it is narrower than what PostgreSQL allows.</summary>
internal static partial class SchemaName
{
    // What pg_get_keywords() calls R and T, in all versions: a schema of such a name would need quotes wherever it stands.
    private static readonly HashSet<string> Reserved = [.. """
        all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently constraint create cross
        current_catalog current_date current_role current_schema current_time current_timestamp current_user default deferrable desc distinct do else end except false
        fetch for foreign freeze from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit localtime
        localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references returning right select session_user similar some
        symmetric system_user table tablesample then to trailing true union unique user using variadic verbose when where window with
        """.Split((char[])[' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries)];

    public static string Check(string schema) =>
        !Allowed().IsMatch(schema) ? throw new InvalidInputException("schema", $"'{schema}' is not a plain name: lower-case letters, digits and underscores, a letter first, at most 63.")
        : schema.StartsWith("pg_", StringComparison.Ordinal) || schema == "information_schema" ? throw new InvalidInputException("schema", $"'{schema}' is PostgreSQL's own: names with pg_ in front and information_schema are.")
        : Reserved.Contains(schema) ? throw new InvalidInputException("schema", $"'{schema}' is a reserved word of SQL: choose another name ('{schema}_memory', say).")
        : schema;

    [GeneratedRegex("^[a-z][a-z0-9_]{0,62}$")]
    private static partial Regex Allowed();
}
