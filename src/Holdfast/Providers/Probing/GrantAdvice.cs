using Holdfast.Rows;

namespace Holdfast.Providers.Probing;

/// <summary>What gives a role the rights that an application needs, and no more: who may delete everything has lost what least privilege is for.</summary>
internal static class GrantAdvice
{
    /// <summary>All of them, where it is not known which are missing.</summary>
    /// <param name="provider">Where.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="role">Who lacks them.</param>
    public static string ForAll(string provider, string schema, string role) => For(provider, schema, role,
        [$"usage on schema {schema}", $"select, insert, update on all tables in schema {schema}", $"delete on {Names(schema, TableRight.Delete, has: true)}", $"execute on function {schema}.is_erased"])
        + (IsDeclared(schema, role) ? "" : $" revoke insert, update on {Names(schema, TableRight.Insert, has: false)} from \"{role}\";");

    /// <param name="provider">Where.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="role">Who lacks them.</param>
    /// <param name="lacking">What is missing, each as it stands between GRANT and TO.</param>
    public static string For(string provider, string schema, string role, IEnumerable<string> lacking) => IsDeclared(schema, role)
        ? $"run 'holdfast access apply --provider {provider}', which gives {schema}_app what it needs."
        : $"run as the owner: {string.Join(' ', lacking.Select(rights => $"grant {rights} to \"{role}\";"))}";

    private static string Names(string schema, TableRight right, bool has) =>
        string.Join(", ", Tables.All.Where(table => TableRights.Of(AccessRole.App, table, isByTenant: false).HasFlag(right) == has).Select(table => $"{schema}.{table.Name}"));

    // Rights of the slots are those of the role that they belong to, and stand in one declaration.
    private static bool IsDeclared(string schema, string role) => role == $"{schema}_app" || role == $"{schema}_app_a" || role == $"{schema}_app_b";
}
