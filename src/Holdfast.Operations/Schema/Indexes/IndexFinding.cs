namespace Holdfast.Operations.Schema.Indexes;

internal enum IndexFindingKind
{
    /// <summary>A migration declares it and it is not there.</summary>
    MissingDeclared,
    /// <summary>A foreign key without one: every delete of a parent reads the whole table.</summary>
    MissingForForeignKey,
    /// <summary>A build failed: writers pay for it, no reader uses it.</summary>
    Invalid,
    /// <summary>Another one is the same.</summary>
    Duplicate,
    /// <summary>Another one begins with its columns; a hint, since the smaller one can be the faster one.</summary>
    Covered,
    /// <summary>No scan on any provider since statistics were reset.</summary>
    Unused,
}

/// <summary>Something about an index that costs more than it gives, or is missing.</summary>
/// <param name="Kind">What.</param>
/// <param name="Index">The index, or what one should be called.</param>
/// <param name="Table">Its table.</param>
/// <param name="Detail">The fact in words.</param>
/// <param name="Remedy">The command to run.</param>
internal sealed record IndexFinding(IndexFindingKind Kind, string Index, string Table, string Detail, string Remedy)
{
    /// <summary>A hint alone is no reason to act.</summary>
    public bool IsHint => Kind == IndexFindingKind.Covered;

    public long? Bytes { get; init; }
}
