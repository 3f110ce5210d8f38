using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>Names as they stand in SQL that is made from a catalogue.</summary>
internal static class SqlName
{
    /// <summary>In the schema.</summary>
    public static string Of(string name) => $"{CanonicalText.Schema}.{SqlQuote.Name(name)}";

    /// <summary>How SQL names an object after the word for its kind (<c>table {schema}."t"</c>, <c>policy "p" on {schema}."t"</c>).</summary>
    public static string Target(CatalogueObject one) => one.Kind switch
    {
        ObjectKind.Schema => $"schema {CanonicalText.Schema}",
        ObjectKind.Enum or ObjectKind.Type => $"type {Of(one.Name)}",
        ObjectKind.Domain => $"domain {Of(one.Name)}",
        ObjectKind.Function => $"{FunctionKind(one)} {CanonicalText.Schema}.{one.Sql("~signature")}",
        ObjectKind.Table when one["kind"] == "f" => $"foreign table {Of(one.Name)}",
        ObjectKind.View => $"{(one["kind"] == "m" ? "materialized view" : "view")} {Of(one.Name)}",
        ObjectKind.Column => $"column {Of(one.Parent)}.{SqlQuote.Name(one.Name)}",
        ObjectKind.Constraint or ObjectKind.Trigger or ObjectKind.Policy or ObjectKind.Rule => $"{ObjectKind.Word(one.Kind)} {SqlQuote.Name(one.Name)} on {Of(one.Parent)}",
        _ => $"{ObjectKind.Word(one.Kind)} {Of(one.Name)}",
    };

    private static string FunctionKind(CatalogueObject function) => function["kind"] switch
    {
        "p" => "procedure", "a" => "aggregate", _ => "function",
    };
}
