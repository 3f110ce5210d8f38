using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>One thing that is not as it should be, in one way.</summary>
/// <param name="Class">In which way.</param>
/// <param name="Expected">As it should be; null where it should not be.</param>
/// <param name="Actual">As it is; null where it is missing.</param>
/// <param name="Properties">Which properties differ; empty where the whole thing is missing or too much.</param>
internal sealed record Difference(DriftClass Class, CatalogueObject? Expected, CatalogueObject? Actual, IReadOnlyList<string> Properties)
{
    public CatalogueObject Object => Expected ?? Actual!;

    /// <summary>Names the finding in ignore files: class, kind and name, alike on every provider.</summary>
    public string CacheKey => $"{Class.Key} {Object.Kind} {Object.FullName}";

    public string Detail => (Expected, Actual) switch
    {
        (_, null) => $"The {Object.Kind} {Object.FullName} is missing.",
        (null, _) => $"The {Object.Kind} {Object.FullName} is there and should not be{Definition(Actual)}.",
        _ => $"The {Object.Kind} {Object.FullName}: {string.Join("; ", Properties.Select(Change))}.",
    };

    private string Change(string property) => $"{property.Replace('_', ' ')} is {Show(Actual!, property)}, should be {Show(Expected!, property)}";

    // In full: where a repair takes it off, this is what is left of it.
    private static string Definition(CatalogueObject one) => one.Kind switch
    {
        ObjectKind.Constraint or ObjectKind.Index or ObjectKind.Trigger or ObjectKind.Rule or ObjectKind.Other => $": {OneLine(one["definition"])}",
        ObjectKind.Policy => $": {OneLine(ObjectDdl.Policy(one))}",
        _ => "",
    };

    private static string OneLine(string text) => string.Join(" ", text.Split(['\n', '\r', ' '], StringSplitOptions.RemoveEmptyEntries));

    private static string Show(CatalogueObject one, string property) =>
        OneLine(one[property]) switch { "" => "none", { Length: > 300 } text => text[..300] + "…", var text => text };
}
