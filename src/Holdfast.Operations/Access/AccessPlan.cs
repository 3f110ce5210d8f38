using System.Text.Json.Serialization;
using Holdfast.Operations.Access.Effects;

namespace Holdfast.Operations.Access;

/// <summary>What makes a server's access as it is declared.</summary>
/// <param name="Statements">SQL for the connected role, in order. Run on a server that is right already, it changes nothing.</param>
/// <param name="ByHand">What the connected role may not do, with the SQL for somebody who may (the provider's console), and why.</param>
/// <param name="Notes">What was decided, and what is left open.</param>
/// <param name="NewLogins">Roles that can log in and are made by this plan.</param>
internal sealed record AccessPlan(IReadOnlyList<string> Statements, IReadOnlyList<ManualStep> ByHand, IReadOnlyList<string> Notes, IReadOnlyList<RoleSpec> NewLogins)
{
    /// <summary>What somebody else owns and the owner role gets, with whose it is.</summary>
    public IReadOnlyList<string> TakenOver { get; init; } = [];

    /// <summary>The steps by hand without which the rest cannot be run.</summary>
    public IEnumerable<ManualStep> Blocking => ByHand.Where(step => step.IsRequired);

    /// <summary>All that is wrong is what is still to be done by hand.</summary>
    public bool Explains(EffectMatrix matrix) => matrix.Wrong.All(found => ByHand.Any(step => step.Explains(found)));
}

/// <summary>What only somebody else may do.</summary>
/// <param name="Sql">What to run there.</param>
/// <param name="Why">Why not here.</param>
/// <param name="IsRequired">The rest needs it first.</param>
internal sealed record ManualStep(string Sql, string Why, bool IsRequired = false)
{
    /// <summary>What of the matrix it mends, where its SQL alone does not say.</summary>
    [JsonIgnore]
    public IReadOnlyList<MendedCell> Mends { get; init; } = [];

    /// <summary>What was found is what this step is to mend.</summary>
    public bool Explains(EffectCell found) => Mends.Contains(new(found.Role, found.Operation, found.Subject)) || found.Operation switch
    {
        "grants" => found.Subject == "database" && Sql.StartsWith("revoke all on database ", StringComparison.Ordinal) && Sql.Split(" from ")[^1].Split(", ").Contains(found.Role),
        "memberships" => Sql.StartsWith("grant ", StringComparison.Ordinal) && Sql.Split(" with ")[0].EndsWith($" to {found.Role}", StringComparison.Ordinal)
            || Sql.StartsWith("revoke ", StringComparison.Ordinal) && Sql.Split(" granted by ")[0].EndsWith($" from {found.Role}", StringComparison.Ordinal),
        "attributes" or "settings" => Sql.StartsWith($"alter role {found.Role} ", StringComparison.Ordinal),
        "create temp table" => Sql.StartsWith("revoke all on database ", StringComparison.Ordinal),
        "create table" => found.Subject == "public" && Sql.StartsWith("revoke create on schema public ", StringComparison.Ordinal),
        _ => false,
    };
}

/// <summary>Where in the matrix something is wrong.</summary>
/// <param name="Role">As whom.</param>
/// <param name="Operation">What.</param>
/// <param name="Subject">On what.</param>
internal sealed record MendedCell(string Role, string Operation, string Subject);
