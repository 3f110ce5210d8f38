using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>Plans what becomes of all that nobody declared: rights, other objects in the schema, policies, triggers under a name of the guard's.</summary>
/// <param name="schema">The schema.</param>
/// <param name="options">What is wanted.</param>
/// <param name="state">What is there.</param>
internal sealed class StrayPlanner(string schema, AccessOptions options, AccessState state)
{
    private readonly List<string> _statements = [];
    private readonly List<ManualStep> _byHand = [];
    private readonly List<string> _takenOver = [];
    private readonly HashSet<string> _grantees = [.. RoleSpecs.All(schema, options).Select(role => role.Name), "public"];
    private readonly DeclaredRights _declared = new(schema, options, state);
    private readonly string _owner = RoleSpecs.Owner(schema);

    /// <summary>What the connected role does.</summary>
    public IReadOnlyList<string> Statements => _statements;

    /// <summary>What changes hands, with whose it was.</summary>
    public IReadOnlyList<string> TakenOver => _takenOver;

    /// <summary>What somebody else must do.</summary>
    public IReadOnlyList<ManualStep> ByHand => _byHand;

    public void Plan()
    {
        AddRevokes();
        foreach (var stray in state.Objects.Where(found => !StrayObjects.IsDeclared(found))) AddStray(stray);
        if (options.RowSecurity) AddUndeclaredPolicies();
        foreach (var table in DeleteGuard.Guarded) AddImpostors(table);
    }

    /// <summary>What somebody has granted beyond the declaration. What is granted on the catalogue's tables, the schema and the database the script takes away, once nobody may hand it on.</summary>
    private void AddRevokes()
    {
        foreach (var right in state.Rights.Where(right => right is not { Kind: "database", Grantor: null } && !state.Rights.Any(right.IsHandedOnFrom)))
        {
            var isOfScript = right.Grantor is null && IsOfScript(right);
            foreach (var revoke in right.Revokes(isOfScript ? [] : _declared.Beyond(right)))
            {
                if (right.Grantor is null && right.IsOurs) _statements.Add(revoke);
                else _byHand.Add(new(revoke, right.Grantor is { } grantor ? $"{grantor} has granted it: run it as {grantor}" : $"{state.User} is not in the role that owns {right.Subject(schema)}") { Mends = [.. Mended(right)] });
            }
        }
        foreach (var other in state.OtherRights)
            _byHand.Add(new(other.Revoke, $"{other.Grantee} has a right to {other.What} that is not declared") { Mends = [new(other.Grantee, "grants", other.What)] });
    }

    /// <summary>The right itself, and what those who have it can do by it.</summary>
    private IEnumerable<MendedCell> Mended(LiveRight right)
    {
        var subject = right.Subject(schema);
        yield return new(right.Grantee, "grants", subject);
        foreach (var role in RoleSpecs.All(schema, options).Where(role => right.Grantee == "public" || right.Grantee == role.Name || right.Grantee == role.MemberOf))
            foreach (var word in _declared.Beyond(right))
                yield return (right.Kind, word) switch
                {
                    ("database", "temporary") => new(role.Name, "create temp table", ""),
                    ("schema", "create") => new(role.Name, "create table", right.Schema),
                    _ => new(role.Name, word, subject),
                };
    }

    private bool IsOfScript(LiveRight right) => _grantees.Contains(right.Grantee) && (right.Schema == schema && (right.Kind == "schema" || (right.Kind == "table" && Tables.TryGet(right.Name, out _))));

    /// <summary>Objects that the catalogue does not know: theirs is what a new table would get.</summary>
    private void AddStray(LiveObject stray)
    {
        if (stray.IsOwned)
        {
            // Whoever inserts into the table draws from it.
            AddGrants(stray);
            return;
        }
        if (StrayObjects.Doubt(stray, _owner, options, state) is { } doubt)
        {
            // A table may hold what nobody has elsewhere, and what an administrator has made is nothing to be dropped unseen.
            _byHand.Add(new(stray.Kind is "table" or "sequence" or "foreign table" || stray is { IsTrusted: true } and not { IsRoutine: true, IsDefiner: true } ? $"alter {stray.Target(schema)} owner to {_owner}" : $"drop {stray.Target(schema)}", doubt, IsRequired: true));
            return;
        }
        if (stray.Owner != _owner)
        {
            _takenOver.Add($"{stray.Target(schema)} of {stray.Owner}");
            _statements.Add($"alter {stray.Target(schema)} owner to {_owner}");
        }
        if (stray.IsRoutine) _statements.Add($"revoke all on routine {stray.SqlIn(schema)} from public");
        if (options.RowSecurity && stray.TenantType is not null)
        {
            // The policies first: who may read the table then reads the rows of a tenant only.
            if (StrayObjects.IsProtected(stray)) _statements.AddRange(StrayObjects.Protection(schema, stray));
            else _byHand.Add(new($"alter {stray.Target(schema)} alter column tenant_id type text", $"row-level security cannot keep {stray.Name} apart: its tenant_id is {stray.TenantType}{(stray.Kind == "table" ? "" : $", and it is a {stray.Kind}")}. Until then only {_owner} and {RoleSpecs.NameOf(schema, "backup")} may read it")
            {
                Mends = [new(_owner, "row security", stray.Name)],
            });
        }
        AddGrants(stray);
    }

    private void AddGrants(LiveObject stray)
    {
        foreach (var role in AccessScript.Grantees(schema, options))
            if (_declared.Missing(role, stray) is { Count: > 0 } missing)
                _statements.Add($"grant {string.Join(", ", missing)} on {(stray.IsRoutine ? "routine" : stray.Kind == "sequence" ? "sequence" : "table")} {stray.SqlIn(schema)} to {role.Name}");
    }

    private void AddUndeclaredPolicies()
    {
        foreach (var table in state.Objects.Where(TenantPolicies.Cover))
            foreach (var policy in TenantPolicies.Undeclared(schema, table)) _statements.Add($"drop policy {policy.QuotedName} on {table.SqlIn(schema)}");
    }

    /// <summary>A trigger that has only the name of the guard's: a constraint trigger cannot be replaced.</summary>
    private void AddImpostors(Table table)
    {
        var live = state.Objects.FirstOrDefault(found => found.Kind == "table" && found.Name == table.Name);
        foreach (var trigger in GuardTriggers.Missing(schema, table, live).Where(trigger => live?.Triggers.Contains(trigger.Name) == true))
            _statements.Add($"drop trigger {trigger.Name} on {schema}.{table.Name}");
    }
}
