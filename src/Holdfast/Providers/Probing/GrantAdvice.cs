using Holdfast.Rows;

namespace Holdfast.Providers.Probing;

/// <summary>What gives a role the rights that an application needs, and no more: who may delete everything has lost what least privilege is for.</summary>
internal static class GrantAdvice
{
    /// <param name="provider">Where.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="role">Who lacks them.</param>
    public static string ForAll(string provider, string schema, string role) => IsDeclared(schema, role) ? Apply(provider)
        : $"run as the owner: grant usage on schema {schema} to \"{role}\"; grant select, insert, update on all tables in schema {schema} to \"{role}\"; "
            + $"grant delete on {string.Join(", ", Tables.All.Where(IsDeletedFrom).Select(table => $"{schema}.{table.Name}"))} to \"{role}\";";

    /// <param name="provider">Where.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="role">Who lacks them.</param>
    /// <param name="rights">The rights, as GRANT has them.</param>
    /// <param name="table">To which table.</param>
    public static string For(string provider, string schema, string role, string rights, Table table) =>
        IsDeclared(schema, role) ? Apply(provider) : $"run as the owner: grant {rights} on {schema}.{table.Name} to \"{role}\";";

    private static bool IsDeletedFrom(Table table) => TableRights.Of(AccessRole.App, table, isByTenant: false).HasFlag(TableRight.Delete);

    // Its rights are those of the role that it belongs to, and stand in one declaration.
    private static bool IsDeclared(string schema, string role) => role.StartsWith($"{schema}_app", StringComparison.Ordinal);

    private static string Apply(string provider) => $"run 'holdfast access apply --provider {provider}', which gives the application's role what it needs.";
}
