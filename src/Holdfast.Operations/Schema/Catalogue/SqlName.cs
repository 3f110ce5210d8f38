namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>Names and texts as they stand in SQL that is made from a catalogue.</summary>
internal static class SqlName
{
    /// <summary>In double quotes, always: no name is a key word then.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public static string Literal(string text)
    {
        var quoted = text.Replace("'", "''", StringComparison.Ordinal);
        return quoted.Contains('\\', StringComparison.Ordinal) ? $" E'{quoted.Replace("\\", "\\\\", StringComparison.Ordinal)}'" : $"'{quoted}'";
    }

    /// <summary>In the schema.</summary>
    public static string Of(string name) => $"{CanonicalText.Schema}.{Quote(name)}";

    /// <summary>How SQL names an object after the word for its kind (<c>table {schema}."t"</c>, <c>policy "p" on {schema}."t"</c>).</summary>
    public static string Target(CatalogueObject one) => one.Kind switch
    {
        ObjectKind.Schema => $"schema {CanonicalText.Schema}",
        ObjectKind.Enum or ObjectKind.Type => $"type {Of(one.Name)}",
        ObjectKind.Domain => $"domain {Of(one.Name)}",
        ObjectKind.Function => $"{FunctionKind(one)} {CanonicalText.Schema}.{one["~signature"]}",
        ObjectKind.Table when one["kind"] == "f" => $"foreign table {Of(one.Name)}",
        ObjectKind.View => $"{(one["kind"] == "m" ? "materialized view" : "view")} {Of(one.Name)}",
        ObjectKind.Column => $"column {Of(one.Parent)}.{Quote(one.Name)}",
        ObjectKind.Constraint or ObjectKind.Trigger or ObjectKind.Policy or ObjectKind.Rule => $"{one.Kind} {Quote(one.Name)} on {Of(one.Parent)}",
        _ => $"{one.Kind} {Of(one.Name)}",
    };

    private static string FunctionKind(CatalogueObject function) => function["kind"] switch
    {
        "p" => "procedure", "a" => "aggregate", _ => "function",
    };
}
