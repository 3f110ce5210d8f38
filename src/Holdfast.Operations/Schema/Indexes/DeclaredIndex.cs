using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>An index that a migration makes.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Table">Its table.</param>
/// <param name="Sql">The statement, building it without a lock that writers mind.</param>
/// <param name="Script">The migration.</param>
internal sealed record DeclaredIndex(string Name, string Table, string Sql, string Script);

/// <summary>The indexes that migrations declare, read from their statements in order: made, renamed, dropped.</summary>
internal static class DeclaredIndexes
{
    private const string HasHistory = "select to_regclass($1) is not null";

    /// <summary>Those of the shipped migrations that a server has had; none in a schema that is not Holdfast's.</summary>
    public static async Task<IReadOnlyList<DeclaredIndex>> ReadAsync(ControlSession session, string schema, CancellationToken cancellationToken)
    {
        var history = $"{SqlQuote.Name(schema)}.schema_versions";
        if (!await session.ScalarAsync<bool>(HasHistory, cancellationToken, history).ConfigureAwait(false)) return [];
        var applied = await session.QueryAsync($"select script from {history} where state = 'applied'", row => row.GetString(0), cancellationToken).ConfigureAwait(false);
        return Of(Migration.Shipped("Postgres").Where(migration => applied.Contains(migration.Script)), SqlQuote.Name(schema));
    }

    public static IReadOnlyList<DeclaredIndex> Of(IEnumerable<Migration> migrations, string schema)
    {
        var declared = new Dictionary<string, DeclaredIndex>(StringComparer.Ordinal);
        foreach (var migration in migrations)
            foreach (var statement in SqlScript.Parse(migration.Sql.Replace("{schema}", schema, StringComparison.Ordinal)).Statements)
                if (IndexStatement.TryRead(statement, out var index)) declared[index.Name] = new DeclaredIndex(index.Name, index.Table, index.Concurrently, migration.Script);
                else if (statement.StartsWith("drop", "index")) foreach (var token in statement.Tokens.Skip(2)) declared.Remove(token.Name ?? "");
                else if (statement.StartsWith("drop", "table"))
                {
                    var tables = statement.Tokens.Skip(2).Select(token => token.Name).OfType<string>().ToHashSet();
                    foreach (var gone in declared.Values.Where(index => tables.Contains(index.Table)).ToList()) declared.Remove(gone.Name);
                }
                else if (statement.StartsWith("alter", "index") && Renamed(statement) is var (from, to) && declared.Remove(from, out var before)) declared[to] = before with { Name = to, Sql = Rename(before.Sql, to) };
        return [.. declared.Values];
    }

    private static (string From, string To)? Renamed(SqlStatement statement) =>
        statement.Tokens is [.., { Name: { } from }, var rename, var word, { Name: { } to }] && rename.Is("rename") && word.Is("to") ? (from, to) : null;

    private static string Rename(string sql, string name) => IndexStatement.TryRead(SqlScript.Parse(sql).Statements[0], out var index) ? index.Named(name) : sql;
}
