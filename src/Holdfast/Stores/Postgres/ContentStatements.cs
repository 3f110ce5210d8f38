using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Statements that mend what no merge can: two stores that have one row under one stamp with different content, and a register that is not what its
/// revisions say. Neither comes from writing through Holdfast.
/// </summary>
internal static class ContentStatements
{
    /// <summary>Gives rows of one table the content that is brought, where they stand with the same stamp; what an erasure covers is emptied.</summary>
    public static Task<int> ReplaceContentAsync(this PostgresStore store, IReadOnlyList<Row> rows, CancellationToken cancellationToken)
    {
        var statements = new MergeStatements(store.Schema, MergeRules.All, rows[0].Table);
        var indexes = Enumerable.Range(0, rows.Count).ToArray();
        return store.ExecuteAsync(new Statement(Replace(store.Schema, statements)), [.. statements.Sent.Select(column => RowArrays.Of(column, rows, indexes))], cancellationToken);
    }

    /// <summary>Moves registers to what their newest revisions say; one that no longer stands at the stamp given is left alone.</summary>
    public static Task<int> RebuildAsync(this PostgresStore store, Table register, IReadOnlyList<(string TenantId, string Key, Stamp? Stamp)> keys, CancellationToken cancellationToken) =>
        store.ExecuteAsync(new Statement(ProjectionStatements.Rebuild(store.Schema, register)), [
            PostgresTypes.Many(ColumnType.Text, keys.Select(key => key.TenantId), keys.Count),
            PostgresTypes.Many(ColumnType.Text, keys.Select(key => key.Key), keys.Count),
            PostgresTypes.Many(ColumnType.Uuid, keys.Select(key => (object?)key.Stamp?.Value), keys.Count),
        ], cancellationToken);

    private static string Replace(string schema, MergeStatements statements)
    {
        var arrays = string.Join(", ", statements.Sent.Select((column, i) => $"${i + 1}::{PostgresTypes.Wire(column.Type)}[]"));
        var names = string.Join(", ", statements.Sent.Select(column => column.Name));
        var changes = statements.Sent.Where(column => column.Name is not ("tenant_id" or "id" or "stamp")).Select(column =>
        {
            var value = column.Type == ColumnType.Json ? $"a.{column.Name}::json" : $"a.{column.Name}";
            return $"{column.Name} = {(column.Erasable ? $"case when {MergeStatements.Covers(schema, "a")} then null else {value} end" : value)}";
        });
        return $"""
            update {schema}.{statements.Table.Name} t set {string.Join(", ", changes)}
            from unnest({arrays}) a({names})
            where t.tenant_id = a.tenant_id and t.id = a.id and t.stamp = a.stamp
            """;
    }
}
