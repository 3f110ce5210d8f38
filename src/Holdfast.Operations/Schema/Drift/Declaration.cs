using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What is declared of one provider beside its migrations: roles, and what they may.</summary>
internal sealed record Declaration
{
    /// <summary>Nothing is: privileges, roles and their settings are compared between the providers.</summary>
    public static Declaration None { get; } = new();

    /// <summary>Who owns the schema and all in it; null: nothing is declared.</summary>
    public string? Owner { get; init; }

    /// <summary>The roles as they should be. Of a setting that is not declared the provider's peers say what it should be.</summary>
    public IReadOnlyList<CatalogueObject> Roles { get; init; } = [];

    /// <summary>Owners, privileges, guards and policies, with <c>{schema}</c>; they are replayed behind the migrations.</summary>
    public IReadOnlyList<string> Statements { get; init; } = [];

    /// <summary>It was never done there, or roles that it needs are missing: those are the findings, and what it would make cannot be compared before.</summary>
    public bool IsDue => Owner is not null && Statements.Count == 0;

    /// <summary>The command that does all of it.</summary>
    public string Run { get; init; } = "";
}
