using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;

namespace Holdfast.Operations.Access;

/// <summary>
/// What a new table lacks until <c>access apply</c> runs: guard, policies, the exact grants, its part in the functions. A migrator may not make them, so right
/// after the migration they are no drift.
/// </summary>
/// <param name="schema">The schema whose roles are declared.</param>
internal sealed class AccessFollows(string schema)
{
    private readonly HashSet<string> _roles = [.. RoleSpecs.All(SchemaName.Check(schema), new AccessOptions(RowSecurity: true)).Select(role => role.Name)];

    /// <summary>Their bodies name the tables.</summary>
    private static readonly string[] OfTables = [EraseFunction.Name, MatchFunction.Name];

    /// <summary>Theirs do not: one that is there and says something else was changed.</summary>
    private static readonly string[] Guards = [DeleteGuard.Function, RecordGuard.Function];

    /// <param name="difference">Something that access declares and the server lacks.</param>
    /// <param name="before">The version before the migration.</param>
    public bool Is(Difference difference, string before)
    {
        var made = Tables.All.Where(table => table.Since > Migration.Number(before)).Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        if (made.Count == 0) return false;
        var one = difference.Object;
        return one.Kind == ObjectKind.Function
            ? difference.Class == DriftClasses.FunctionBody && (OfTables.Contains(Word(one)) || (difference.Actual is null && Guards.Contains(Word(one))))
            : made.Contains(one.Kind == ObjectKind.Table ? one.Name : one.Parent)
              && (difference.Class == DriftClasses.Trigger || difference.Class == DriftClasses.RowSecurity || difference.Class == DriftClasses.Policy || (difference.Class == DriftClasses.Grants && !IsOpenToOthers(difference)) || difference.Class == DriftClasses.Owner);
    }

    private static string Word(CatalogueObject function) => function.Name.Split('(')[0];

    // Somebody whom access does not declare can read or write what others should not.
    private bool IsOpenToOthers(Difference difference) => Grantees(difference.Actual).Except(Grantees(difference.Expected)).Any(name => !_roles.Contains(name));

    private static IEnumerable<string> Grantees(CatalogueObject? one) => one is null ? [] : GrantText.Parse(one["grants"]).Select(grant => grant.Grantee);
}
