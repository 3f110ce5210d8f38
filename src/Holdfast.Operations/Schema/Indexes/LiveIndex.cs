using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>An index as a server has it.</summary>
internal sealed partial record LiveIndex
{
    public required string Name { get; init; }

    /// <summary>Schema and name as SQL, quoted by the server.</summary>
    public required string QualifiedName { get; init; }

    public required string Table { get; init; }

    /// <summary>The statement that makes it, as the server writes it.</summary>
    public required string Definition { get; init; }

    /// <summary>False after a build that failed: writers pay for it and no reader uses it.</summary>
    public required bool IsValid { get; init; }

    public required bool IsReady { get; init; }

    public required bool IsPrimary { get; init; }

    public required bool IsUnique { get; init; }

    public required bool IsReplicaIdentity { get; init; }

    /// <summary>The constraint that stands on it (primary key, unique, exclusion, or a foreign key that points at it), or null.</summary>
    public required string? Constraint { get; init; }

    /// <summary>Whether it is an index of a partitioned table, or a partition's part of one.</summary>
    public required bool IsPartitioned { get; init; }

    /// <summary>What it orders by, but for uniqueness: equal for two indexes that can stand for each other.</summary>
    public required string Shape { get; init; }

    /// <summary>As <see cref="Shape"/>, without the columns.</summary>
    public required string Frame { get; init; }

    /// <summary>The key columns in order, with operator class, collation and direction each; null with expressions or another method than btree.</summary>
    public required IReadOnlyList<string>? KeyParts { get; init; }

    /// <summary>Scans since statistics were reset.</summary>
    public required long Scans { get; init; }

    public required long Bytes { get; init; }

    /// <summary>True while somebody builds it.</summary>
    public required bool IsBeingBuilt { get; init; }

    /// <summary>Whether a foreign key of its table finds its rows by it.</summary>
    public required bool ServesForeignKey { get; init; }

    /// <summary>What <c>reindex concurrently</c> leaves when it is ended in the middle.</summary>
    public bool IsReindexLeftover => !IsValid && LeftoverName().IsMatch(Name);

    /// <summary>Why it can never be dropped, or null.</summary>
    public string? KeptBy => IsPrimary ? "it is the primary key" : Constraint is { } constraint ? $"the constraint {constraint} stands on it"
        : IsReplicaIdentity ? "it is the replica identity" : IsUnique ? "it keeps values unique" : IsPartitioned ? "it belongs to a partitioned table" : null;

    [GeneratedRegex("_cc(new|old)[0-9]*$")]
    private static partial Regex LeftoverName();
}
