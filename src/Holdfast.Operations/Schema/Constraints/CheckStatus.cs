namespace Holdfast.Operations.Schema.Constraints;

/// <summary>How a CHECK of a server stands to the enum in code.</summary>
internal enum CheckState
{
    /// <summary>There, validated, with exactly the values of the code.</summary>
    Equal,
    /// <summary>Nothing limits the column.</summary>
    Missing,
    /// <summary>Some values are refused that the code writes, or let in that it does not know.</summary>
    Differs,
    /// <summary>The right values, but older rows were never looked at.</summary>
    NotValidated,
    /// <summary>The right values, but (also) under a name that no migration knows, so that a change of ours would not reach it.</summary>
    OtherName,
    /// <summary>Right, but a run that was ended in the middle left its half-made constraint.</summary>
    Leftover,
    /// <summary>The table itself is not there.</summary>
    NoTable,
    /// <summary>No enum in code belongs to it: somebody's own, left alone.</summary>
    WithoutEnum,
}

/// <summary>One CHECK of one server against the code.</summary>
/// <param name="Table">The table.</param>
/// <param name="Column">The column, or several.</param>
/// <param name="Name">The name that it should have; of one without an enum: that it has.</param>
/// <param name="State">How it stands.</param>
/// <param name="Missing">Values that the code writes and the server refuses.</param>
/// <param name="Extra">Values that the server lets in and the code does not know.</param>
/// <param name="OtherNames">Constraints of another name that limit the same column.</param>
/// <param name="Definition">What stands there under the name, if anything.</param>
/// <param name="Note">What is peculiar, in words.</param>
internal sealed record CheckStatus(
    string Table, string Column, string Name, CheckState State, IReadOnlyList<string> Missing, IReadOnlyList<string> Extra,
    IReadOnlyList<string> OtherNames, string? Definition, string? Note)
{
    /// <summary>The rows that break it; null when they were not counted.</summary>
    public RowViolations? Violations { get; init; }

    public bool IsRight => State is CheckState.Equal or CheckState.WithoutEnum && Violations is null or { Count: 0 };
}
