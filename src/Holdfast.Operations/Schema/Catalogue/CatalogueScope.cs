namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>What is read.</summary>
/// <param name="Schema">The schema's name in the database, checked or from the catalogue.</param>
/// <param name="Original">What it stands for: the schema whose scratch copy it is, or the same name. Roles are named after it.</param>
internal sealed record CatalogueScope(string Schema, string Original)
{
    /// <summary>What the schema itself is called while a copy has its name: extensions stayed there. Null: it has its own name.</summary>
    public string? Aside { get; init; }

    /// <summary>The role that is to own it, taken for the owner wherever it has something in the database; null: who owns most of it is.</summary>
    public string? Owner { get; init; }

    /// <summary>Scratch schemas whose tables stand in for those of live ones, each with how the server writes the live one's name.</summary>
    public IReadOnlyDictionary<string, string> StandIns { get; init; } = new Dictionary<string, string>();

    public static CatalogueScope Of(string schema) => new(schema, schema);
}
