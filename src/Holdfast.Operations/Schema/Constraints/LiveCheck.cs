namespace Holdfast.Operations.Schema.Constraints;

/// <summary>A CHECK as a server has it.</summary>
/// <param name="Table">Its table.</param>
/// <param name="Name">Its name.</param>
/// <param name="QuotedName">Its name as SQL, quoted by the server.</param>
/// <param name="Columns">The columns that it looks at.</param>
/// <param name="IsValidated">False while older rows may break it.</param>
/// <param name="IsEnforced">False where the server only notes it (PostgreSQL 18's NOT ENFORCED).</param>
/// <param name="Definition">As the server writes it.</param>
/// <param name="Expression">Its condition alone.</param>
/// <param name="CallsOwnFunctions">Whether the condition calls something that is not the server's own; then it is never run to look at it.</param>
internal sealed record LiveCheck(
    string Table, string Name, string QuotedName, IReadOnlyList<string> Columns, bool IsValidated, bool IsEnforced, string Definition, string Expression, bool CallsOwnFunctions)
{
    /// <summary>Which of the values that were tried it lets in; null when it could not be tried.</summary>
    public IReadOnlyList<string>? Accepted { get; init; }

    /// <summary>True when it lets in a value that nobody ever meant: then it lists no values.</summary>
    public bool IsOpen { get; init; }

    public bool LooksOnlyAt(string column) => Columns is [var only] && only == column;
}
