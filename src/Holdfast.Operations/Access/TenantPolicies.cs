using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>Compares a table's policies with the declared ones. Policies add up: each one more shows or lets pass more rows.</summary>
internal static class TenantPolicies
{
    /// <summary>Row-level security keeps the table's tenants apart: one of the catalogue's tables, or another with a <c>tenant_id</c> that can be compared.</summary>
    public static bool Cover(LiveObject found) =>
        found.Kind == "table" && Tables.TryGet(found.Name, out var table) ? RowSecurity.Protected.Contains(table) : StrayObjects.IsProtected(found);

    /// <summary>Policies that nobody declared.</summary>
    public static IEnumerable<LivePolicy> Undeclared(string schema, LiveObject table) =>
        table.Policies.Where(live => !RowSecurity.Policies(schema).Any(policy => policy.Name == live.Name));

    /// <summary>The names of declared policies that are not there, or not as declared.</summary>
    public static IEnumerable<string> Missing(string schema, LiveObject table) =>
        RowSecurity.Policies(schema).Where(policy => !table.Policies.Any(live => live.Name == policy.Name && IsSame(live, policy.Roles, policy.Condition))).Select(policy => policy.Name);

    /// <summary>What is wrong, for people; null: the table is kept apart as declared.</summary>
    public static string? Wrong(string schema, LiveObject? table)
    {
        if (table is not { RowSecurity: true }) return "row-level security is off, or not forced";
        var (more, less) = (Undeclared(schema, table).Select(policy => policy.QuotedName).ToList(), Missing(schema, table).ToList());
        return more.Count + less.Count == 0 ? null : string.Join("; ", new[]
        {
            more.Count > 0 ? $"policies that are not declared: {string.Join(", ", more)}" : "",
            less.Count > 0 ? $"policies that are missing or others: {string.Join(", ", less)}" : "",
        }.Where(text => text.Length > 0));
    }

    private static bool IsSame(LivePolicy live, string roles, string condition) =>
        live.IsForAll && live.Roles.Order(StringComparer.Ordinal).SequenceEqual(roles.Split(", ").Order(StringComparer.Ordinal)) && live.Condition == live.Check && Plain(live.Condition) == Plain(condition);

    // As the server writes an expression: with parentheses and casts. Within quotes each character counts: every second piece is one.
    private static string Plain(string expression) => string.Join('\'', expression.Split('\'').Select((piece, i) => i % 2 == 1 ? piece
        : string.Concat(piece.Replace("::text", "", StringComparison.Ordinal).Where(c => c is not ('(' or ')' or ' '))).ToLowerInvariant()));
}
