using Holdfast.Providers.Probing;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Verification;

/// <summary>Whether the connected role may do what the application does, table by table, and no more than it should.</summary>
internal static class RolePrivileges
{
    private const string Ask = """
        select current_user::text, r.rolsuper, r.rolbypassrls, coalesce(has_schema_privilege(n.oid, 'usage'), false),
          coalesce((select has_function_privilege(f.oid, 'execute') from pg_proc f where f.pronamespace = n.oid and f.proname = 'is_erased'), false),
          exists (select 1 from pg_class c where c.relnamespace = n.oid and c.relrowsecurity and c.relname = any($2))
        from pg_roles r left join pg_namespace n on n.nspname = $1 where r.rolname = current_user
        """;

    private const string AskTables = """
        select c.relname::text, has_table_privilege(c.oid, 'select'), has_table_privilege(c.oid, 'insert'), has_table_privilege(c.oid, 'update'), has_table_privilege(c.oid, 'delete')
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')
        """;

    private static readonly string[] Words = ["select", "insert", "update", "delete"];

    public static async Task<string> CheckAsync(string provider, NpgsqlConnectionStringBuilder settings, string schema, CancellationToken cancellationToken)
    {
        var source = PostgresSource.Build(new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false });
        await using var _ = source.ConfigureAwait(false);
        var role = await ReadRoleAsync(source, schema, cancellationToken).ConfigureAwait(false);
        if (!role.Usage) throw new VerificationFailedException($"role {role.Name} lacks usage on schema {schema}", GrantAdvice.For(provider, schema, role.Name, [$"usage on schema {schema}"]));
        var held = await ReadTablesAsync(source, schema, cancellationToken).ConfigureAwait(false);
        // A table that is not there is the schema's test to tell.
        var lacking = Tables.All.Where(table => held.ContainsKey(table.Name)).Select(table => (table, Needs(table, role.IsByTenant).Except(held[table.Name]).ToList())).Where(pair => pair.Item2.Count > 0).ToList();
        if (lacking.Count > 0)
            throw new VerificationFailedException(
                $"role {role.Name} lacks {string.Join("; ", lacking.Select(pair => $"{string.Join(", ", pair.Item2)} on {pair.table.Name}"))}",
                GrantAdvice.For(provider, schema, role.Name, lacking.Select(pair => $"{string.Join(", ", pair.Item2)} on {schema}.{pair.table.Name}")));
        if (!role.Executes) throw new VerificationFailedException($"role {role.Name} lacks execute on {schema}.is_erased", GrantAdvice.For(provider, schema, role.Name, [$"execute on function {schema}.is_erased"]));
        return $"{role.Name} may do all that is needed on {held.Count} tables" + (role.IsSuper ? "; note: it is a superuser, more than the application needs" : role.BypassesRls ? "; note: it bypasses row-level security" : "");
    }

    private static IEnumerable<string> Needs(Table table, bool isByTenant) => TableRights.Words(TableRights.Of(AccessRole.App, table, isByTenant));

    private static async Task<(string Name, bool IsSuper, bool BypassesRls, bool Usage, bool Executes, bool IsByTenant)> ReadRoleAsync(NpgsqlDataSource source, string schema, CancellationToken cancellationToken)
    {
        var command = source.CreateCommand(Ask);
        await using var _ = command.ConfigureAwait(false);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        // A table of somebody's own may keep its rows apart by itself.
        command.Parameters.Add(new NpgsqlParameter { Value = Tables.All.Where(RowSecurity.IsOfTenants).Select(table => table.Name).ToArray() });
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        return await reader.ReadAsync(cancellationToken).ConfigureAwait(false)
            ? (reader.GetString(0), reader.GetBoolean(1), reader.GetBoolean(2), reader.GetBoolean(3), reader.GetBoolean(4), reader.GetBoolean(5))
            : throw new VerificationFailedException("the server does not know the connected role by name");
    }

    private static async Task<Dictionary<string, string[]>> ReadTablesAsync(NpgsqlDataSource source, string schema, CancellationToken cancellationToken)
    {
        var command = source.CreateCommand(AskTables);
        await using var _ = command.ConfigureAwait(false);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var held = new Dictionary<string, string[]>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            held[reader.GetString(0)] = [.. Words.Where((_, i) => reader.GetBoolean(i + 1))];
        return held;
    }
}
