using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Operations.Access.Effects;

/// <summary>
/// Compares Holdfast's functions with the declaration, bodies and attributes: they are made again, which changes nothing where they are right already. The
/// transaction around it is rolled back.
/// </summary>
internal static class FunctionComparison
{
    private const string Ask = """
        select p.proname || '(' || oidvectortypes(p.proargtypes) || ')', pg_get_functiondef(p.oid) from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname = $1 and p.prokind = 'f' and p.proname || '(' || oidvectortypes(p.proargtypes) || ')' = any($2)
        """;

    private const string CreateIsErased = "create function {schema}.is_erased(";

    /// <returns>A cell for each function that is there.</returns>
    /// <exception cref="PostgresException">Somebody else is changing them now.</exception>
    public static async Task<IReadOnlyList<EffectCell>> RunAsync(NpgsqlConnection connection, string schema, AccessOptions options, CancellationToken cancellationToken)
    {
        var before = await ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        var errors = new Dictionary<string, string>();
        foreach (var (signature, sql) in Declared(schema, options).Where(one => before.ContainsKey(one.Signature)))
        {
            await AccessControl.ExecuteAsync(connection, "savepoint before_function", cancellationToken).ConfigureAwait(false);
            try
            {
                await AccessControl.ExecuteAsync(connection, sql, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (!AccessErrors.IsPassing(e))
            {
                await AccessControl.ExecuteAsync(connection, "rollback to before_function", cancellationToken).ConfigureAwait(false);
                errors[signature] = $"it cannot be made as declared: {e.MessageText} ({e.SqlState})";
            }
        }
        var after = await ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        return [.. before.Select(one => EffectCell.Of(RoleSpecs.Owner(schema), "function", one.Key, !errors.ContainsKey(one.Key) && after[one.Key] == one.Value,
            errors.GetValueOrDefault(one.Key) ?? $"its body or its attributes are not the declared ones; {(one.Key == AccessScript.IsErased ? "'holdfast schema drift --repair'" : "'holdfast access apply'")} makes it anew"))];
    }

    private static IEnumerable<(string Signature, string Sql)> Declared(string schema, AccessOptions options) =>
    [
        .. AccessScript.SchemaStatements(schema, options).Where(statement => statement.Part == AccessPart.Function)
            .Select(statement => (StrayObjects.Functions.First(signature => signature.StartsWith(statement.Subject + "(", StringComparison.Ordinal)), statement.Sql)),
        .. Migration.Shipped("Postgres").Where(migration => migration.Sql.Contains(CreateIsErased, StringComparison.Ordinal)).TakeLast(1)
            .Select(migration => (AccessScript.IsErased, migration.Sql.Replace("create function ", "create or replace function ", StringComparison.Ordinal).Replace("{schema}", schema, StringComparison.Ordinal))),
    ];

    private static async Task<Dictionary<string, string>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        (await AccessState.QueryAsync(connection, Ask, [schema, (string[])[.. StrayObjects.Functions]], row => (row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false)).ToDictionary(one => one.Item1, one => one.Item2);
}
