namespace Holdfast.Operations.Access.Effects;

/// <summary>One thing that is tried.</summary>
/// <param name="Operation">Its name in the matrix: <c>insert</c>, <c>create table</c>, …</param>
/// <param name="Subject">On what: a table, a schema, or empty.</param>
/// <param name="Sql">The statement; it changes nothing, or is rolled back.</param>
/// <param name="Expected">What must come of it.</param>
internal sealed record EffectTrial(string Operation, string Subject, string Sql, EffectOutcome Expected);

internal enum EffectOutcome
{
    /// <summary>It is done.</summary>
    Allowed,
    /// <summary>42501: a privilege is missing, or a row belongs to another tenant.</summary>
    Refused,
    /// <summary>42501 of the guard: nobody deletes these rows.</summary>
    Guarded,
    /// <summary>A lock was not had in time, or another error came: not known.</summary>
    Unknown,
}

/// <summary>What came of a trial.</summary>
/// <param name="Role">As whom.</param>
/// <param name="Operation">What was tried.</param>
/// <param name="Subject">On what.</param>
/// <param name="Expected">What had to come.</param>
/// <param name="Got">What came.</param>
/// <param name="Detail">The server's words, or the difference that was found.</param>
internal sealed record EffectCell(string Role, string Operation, string Subject, EffectOutcome Expected, EffectOutcome Got, string Detail)
{
    public bool IsRight => Expected == Got;

    /// <summary>It was read in the catalogue, not tried; the detail says all.</summary>
    public bool IsStated { get; init; }

    /// <summary>It did not come to be tried: somebody else uses the table.</summary>
    public bool IsLockWait { get; init; }

    public override string ToString() => IsStated ? $"{Role}: {Operation}{(Subject.Length == 0 ? "" : " on " + Subject)}: {Detail}"
        : $"{Role}: {Operation}{(Subject.Length == 0 ? "" : " on " + Subject)} must be {Word(Expected)}, was {Word(Got)}{(Detail.Length == 0 ? "" : $" ({Detail})")}";

    private static string Word(EffectOutcome outcome) => outcome switch
    {
        EffectOutcome.Allowed => "allowed",
        EffectOutcome.Refused => "refused",
        EffectOutcome.Guarded => "refused by the guard",
        _ => "unknown",
    };

    /// <summary>A finding of the catalogue, in the form of a cell.</summary>
    public static EffectCell Of(string role, string operation, string subject, bool isRight, string detail) =>
        new(role, operation, subject, EffectOutcome.Allowed, isRight ? EffectOutcome.Allowed : EffectOutcome.Refused, isRight ? "" : detail) { IsStated = true };
}

/// <summary>All that was tried on one server.</summary>
/// <param name="Roles">As whom, in the order of the declaration.</param>
/// <param name="Operations">What, in the order of trying.</param>
/// <param name="Cells">What came of it.</param>
/// <param name="LoggedIn">The roles that were tried by a log-in of their own; the others by SET ROLE.</param>
/// <param name="Notes">What could not be tried, and what was left out.</param>
/// <param name="Duration">How long it took.</param>
internal sealed record EffectMatrix(
    IReadOnlyList<string> Roles, IReadOnlyList<string> Operations, IReadOnlyList<EffectCell> Cells, IReadOnlyList<string> LoggedIn, IReadOnlyList<string> Notes, TimeSpan Duration)
{
    public IReadOnlyList<EffectCell> Wrong { get; } = [.. Cells.Where(cell => !cell.IsRight)];

    public bool IsRight => Wrong.Count == 0;
}
