namespace Holdfast.Operations.Schema.Sql;

/// <summary>Finds what would reach beyond the database that a script runs in: roles, settings of the server, other databases, programs.</summary>
internal static class ServerWideSql
{
    private static readonly string[] Rules = [ServerWide.RuleName, "drop-owned", "drop-database", "create-database", "rename-database", "dynamic-sql", "unreadable-code"];

    /// <summary>What does, in order, and what may: SQL put together at run time, code in another language.</summary>
    public static IReadOnlyList<DestructiveStatement> Find(SqlScript script) =>
        [.. DestructiveSql.All(script, thorough: false).Where(found => Rules.Contains(found.Rule)).DistinctBy(found => (found.What, found.Line))];
}
