namespace Holdfast.Operations.Access;

/// <summary>What makes a server's access as it is declared.</summary>
/// <param name="Statements">SQL for the connected role, in order. Run on a server that is right already, it changes nothing.</param>
/// <param name="ByHand">What the connected role may not do, with the SQL for somebody who may (the provider's console), and why.</param>
/// <param name="Notes">What was decided, and what is left open.</param>
/// <param name="NewLogins">Roles that can log in and are made by this plan.</param>
internal sealed record AccessPlan(IReadOnlyList<string> Statements, IReadOnlyList<ManualStep> ByHand, IReadOnlyList<string> Notes, IReadOnlyList<RoleSpec> NewLogins)
{
    /// <summary>The steps by hand without which the rest cannot be run.</summary>
    public IEnumerable<ManualStep> Blocking => ByHand.Where(step => step.IsRequired);
}

/// <summary>What only somebody else may do.</summary>
/// <param name="Sql">What to run there.</param>
/// <param name="Why">Why not here.</param>
/// <param name="IsRequired">The rest needs it first.</param>
internal sealed record ManualStep(string Sql, string Why, bool IsRequired = false);
