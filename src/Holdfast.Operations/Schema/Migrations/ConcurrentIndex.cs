using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

internal enum ConcurrentAction
{
    Create,
    Drop,
    Reindex,
}

/// <summary>A statement that works on an index while writes go on, and can be cut half-way.</summary>
/// <param name="Action">What it does.</param>
/// <param name="Index">The index; null where a whole table is reindexed or none was named.</param>
/// <param name="Table">The table, where one was named.</param>
internal sealed record ConcurrentIndex(ConcurrentAction Action, RelationName? Index, RelationName? Table)
{
    /// <summary>Null: another statement.</summary>
    public static ConcurrentIndex? Of(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        if (statement.StartsWith("create"))
        {
            var at = RelationName.Skip(tokens, 1, "unique");
            if (at + 1 >= tokens.Count || !tokens[at].Is("index") || !tokens[at + 1].Is("concurrently")) return null;
            at = RelationName.Skip(tokens, at + 2, "if", "not", "exists");
            RelationName? index = null;
            if (at < tokens.Count && !tokens[at].Is("on") && RelationName.Read(tokens, at) is var (name, next)) (index, at) = (name, next);
            var table = RelationName.Read(tokens, RelationName.Skip(tokens, at, "on", "only"))?.Name;
            // An index stands in the schema of its table.
            return new ConcurrentIndex(ConcurrentAction.Create, index is null ? null : index with { Schema = table?.Schema }, table);
        }
        if (statement.StartsWith("drop", "index", "concurrently"))
            return new ConcurrentIndex(ConcurrentAction.Drop, RelationName.Read(tokens, RelationName.Skip(tokens, 3, "if", "exists"))?.Name, null);
        if (!statement.StartsWith("reindex") || !tokens.Any(token => token.Is("concurrently"))) return null;
        for (var i = 1; i < tokens.Count; i++)
        {
            if (tokens[i].Is("index")) return new ConcurrentIndex(ConcurrentAction.Reindex, RelationName.Read(tokens, RelationName.Skip(tokens, i + 1, "concurrently"))?.Name, null);
            if (tokens[i].Is("table")) return new ConcurrentIndex(ConcurrentAction.Reindex, null, RelationName.Read(tokens, RelationName.Skip(tokens, i + 1, "concurrently"))?.Name);
        }
        return new ConcurrentIndex(ConcurrentAction.Reindex, null, null);
    }
}
