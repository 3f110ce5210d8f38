using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>
/// Objects in the schema that the catalogue does not know: a user's own migrations', a newer version's, or somebody's who has smuggled them in.
/// </summary>
internal static class StrayObjects
{
    public static readonly IReadOnlySet<string> Functions = new HashSet<string> { AccessScript.IsErased, EraseFunction.Signature, MatchFunction.Signature, DeleteGuard.Function + "()", RecordGuard.Function + "()" };

    /// <summary>Holdfast's own.</summary>
    public static bool IsDeclared(LiveObject found) => found.Kind == "table" ? Holdfast.Rows.Tables.TryGet(found.Name, out _) : found.Kind == "function" && Functions.Contains(found.Signature);

    /// <summary>Fires, and is called by nobody.</summary>
    public static bool IsTriggers(LiveObject found) => found.Signature is DeleteGuard.Function + "()" or RecordGuard.Function + "()";

    /// <summary>Tables and the like of others in the schema itself.</summary>
    public static IEnumerable<LiveObject> Tables(AccessState state) => state.Objects.Where(found => !found.IsRoutine && found.Kind != "sequence" && !IsDeclared(found));

    /// <summary>Access was applied to the schema before: what an administrator has made in it since then was meant for it.</summary>
    public static bool IsHome(AccessState state, string owner) => state.SchemaOwner == owner || state.Objects.Any(found => IsDeclared(found) && found.Signature == DeleteGuard.Function + "()");

    /// <summary>
    /// Why it is not simply given to the owner role; null: it is. Another application's is never given away unsaid. What it holds (a body, a view's query, a rule, an index's expression) would run with that role's
    /// rights, so that whoever may make something in the schema could do what the owner may.
    /// </summary>
    public static string? Doubt(LiveObject stray, string owner, AccessOptions options, AccessState state) =>
        stray.Owner == owner ? null
        : !stray.IsTrusted ? $"it belongs to {stray.Owner}, and what it runs would run with the rights of {owner}. Look at it: drop it, or give it to {owner}"
        : stray is { IsRoutine: true, IsDefiner: true } ? $"it runs with the rights of {stray.Owner}, which would become those of {owner}. Look at it: drop it, or give it to {owner}"
        : options.TakesOver || (stray.IsAdministrators && IsHome(state, owner)) ? null
        : $"it belongs to {stray.Owner} and may be another application's. Give Holdfast a schema of its own (HOLDFAST_SCHEMA), or move this one elsewhere; 'holdfast access apply --take-over' gives all such to {owner}, and whoever used them has no right to them any more";

    /// <summary>A table that row-level security must keep apart, and can.</summary>
    public static bool IsProtected(LiveObject stray) => stray is { Kind: "table", TenantType: "text" or "character varying" };

    /// <summary>What a role has on an object: what the owner's default privileges give, but nothing that shows all tenants' rows.</summary>
    /// <param name="role">Whose.</param>
    /// <param name="kind">As <see cref="LiveRight.Kind"/>.</param>
    /// <param name="stray">Null: it belongs to a column or an extension.</param>
    /// <param name="options">What is wanted.</param>
    public static IReadOnlyList<string> Rights(AccessRole role, string kind, LiveObject? stray, AccessOptions options)
    {
        if (kind == "routine") return role == AccessRole.App && stray?.IsDefiner != true ? ["execute"] : [];
        if (role is not (AccessRole.App or AccessRole.ReadOnly or AccessRole.Backup)) return [];
        if (kind == "sequence") return role switch { AccessRole.App => ["select", "usage"], AccessRole.Backup => ["select"], _ => [] };
        // The backup sees all tenants by declaration.
        var showsAll = options.RowSecurity && stray is not null && (stray.IsDefiner || (stray.TenantType is not null && !IsProtected(stray)));
        return role switch { AccessRole.Backup => ["select"], _ when showsAll => [], AccessRole.App => ["insert", "select", "update"], _ => ["select"] };
    }

    /// <summary>What is missing of row-level security on a table outside the catalogue that has tenants: the same policies as the catalogue's.</summary>
    public static IEnumerable<string> Protection(string schema, LiveObject stray)
    {
        var table = stray.SqlIn(schema);
        var missing = TenantPolicies.Missing(schema, stray).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, to, condition) in RowSecurity.Policies(schema).Where(policy => missing.Contains(policy.Name)))
        {
            yield return $"drop policy if exists {name} on {table}";
            yield return $"create policy {name} on {table} for all to {to} using ({condition}) with check ({condition})";
        }
        if (!stray.RowSecurity) yield return $"alter table {table} enable row level security, force row level security";
    }
}
