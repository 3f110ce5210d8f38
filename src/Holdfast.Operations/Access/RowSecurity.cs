using Holdfast.Rows;
using Names = Holdfast.Stores.Postgres.RowSecurity;

namespace Holdfast.Operations.Access;

/// <summary>Row-level security by tenant: a transaction sees and writes the rows of the tenant that it names, and is refused when it names none.</summary>
internal static class RowSecurity
{
    public const string TenantPolicy = "tenant_of_the_transaction";

    public static IReadOnlyList<Table> Protected { get; } = [.. Tables.All.Where(table => table.Columns.Any(column => column.Name == "tenant_id"))];

    // An unnamed tenant is an error and not an empty answer: a process that was running when the rules were switched on would believe
    // that its rows are gone. Nobody sets the second setting, so that to ask for it fails (42704); no function has to be called for it.
    private const string IsTenants = $"tenant_id = coalesce(nullif(current_setting('{AccessOptions.TenantSetting}', true), ''), current_setting('{Names.Unnamed}'))";

    /// <summary>The policies of a table: name, roles, condition.</summary>
    public static IEnumerable<(string Name, string Roles, string Condition)> Policies(string roles) =>
    [
        (TenantPolicy, $"{RoleSpecs.App(roles)}, {RoleSpecs.NameOf(roles, "ro")}", IsTenants),
        ("all_tenants_of_the_relay", RoleSpecs.NameOf(roles, "relay"), "true"),
        ("all_tenants_of_a_backup", RoleSpecs.NameOf(roles, "backup"), "true"),
        // The rules hold for the owner too (FORCE); migrations and erase() need all rows.
        ("all_tenants_of_the_owner", RoleSpecs.Owner(roles), "true"),
    ];

    /// <summary>What is left of it: a table on which it is on, a policy of ours, a right of the relay's role.</summary>
    public static bool IsOn(string schema, AccessState state) => state.HasRowSecurity || state.HasRelay || Off(schema, state).Any();

    /// <summary>Switches it off: the policies go, on the catalogue's tables all of them, elsewhere those of this declaration.</summary>
    public static IEnumerable<string> Off(string schema, AccessState state)
    {
        var declared = Policies(schema).Select(policy => policy.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var table in state.Objects.Where(found => found.Kind == "table"))
        {
            var isOurs = Tables.TryGet(table.Name, out _);
            var policies = table.Policies.Where(policy => isOurs || declared.Contains(policy.Name)).ToList();
            if (table.HasRowSecurity && (isOurs || policies.Count > 0)) yield return $"alter table {table.SqlIn(schema)} disable row level security, no force row level security";
            foreach (var policy in policies) yield return $"drop policy {policy.QuotedName} on {table.SqlIn(schema)}";
        }
    }

    public static IEnumerable<AccessStatement> Statements(string schema, string roles, AccessOptions options)
    {
        if (!options.RowSecurity) yield break;
        foreach (var table in Protected)
        {
            // The policies first: a table with the rules on and none of them shows nothing to anybody.
            foreach (var (name, to, condition) in Policies(roles))
            {
                yield return new(AccessPart.Policy, $"{table.Name}.{name}", $"drop policy if exists {name} on {schema}.{table.Name}");
                yield return new(AccessPart.Policy, $"{table.Name}.{name}", $"create policy {name} on {schema}.{table.Name} for all to {to} using ({condition}) with check ({condition})");
            }
            yield return new(AccessPart.RowSecurity, table.Name, $"alter table {schema}.{table.Name} enable row level security, force row level security");
        }
    }
}
