namespace Holdfast.Operations.Access;

/// <summary>What a statement of an access script is about; by it the live state tells whether the statement is still needed.</summary>
internal enum AccessPart
{
    Grant,
    Ownership,
    Function,
    Trigger,
    RowSecurity,
    Policy,
}

/// <summary>One statement of an access script, which may be run any number of times.</summary>
/// <param name="Part">What it is about.</param>
/// <param name="Subject">The object's name: a table, a function, <c>table.policy</c>, or the schema.</param>
/// <param name="Sql">The statement, without semicolon.</param>
internal sealed record AccessStatement(AccessPart Part, string Subject, string Sql);
