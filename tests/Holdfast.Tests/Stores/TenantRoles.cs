using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Tests.Stores;

/// <summary>The two roles of row-level security and their policies, as <c>holdfast access apply --row-security</c> makes them.</summary>
internal static class TenantRoles
{
    public const string App = "tenants_app";
    public const string Relay = "tenants_relay";

    private static readonly SemaphoreSlim Turn = new(1, 1);

    public static string As(string connection, string role) => new NpgsqlConnectionStringBuilder(connection) { Username = role }.ConnectionString;

    /// <summary>The application's role sees the tenant that its transaction names; the relay's sees all.</summary>
    public static async Task KeepApartAsync(string owner, string schema)
    {
        await GrantAsync(owner, schema);
        foreach (var table in Tables.All.Where(RowSecurity.IsOfTenants))
        {
            await PostgresServer.ExecuteAsync(owner, $"""
                alter table {schema}.{table.Name} enable row level security;
                create policy of_tenant on {schema}.{table.Name} to {App}
                  using (tenant_id = nullif(current_setting('holdfast.tenant', true), '')) with check (tenant_id = nullif(current_setting('holdfast.tenant', true), ''));
                create policy of_all on {schema}.{table.Name} to {Relay} using (true) with check (true);
                """);
        }
    }

    /// <summary>Both roles may read and write every table; nothing keeps tenants apart.</summary>
    public static async Task GrantAsync(string owner, string schema)
    {
        await Turn.WaitAsync();
        try
        {
            foreach (var role in (string[])[App, Relay])
            {
                await PostgresServer.ExecuteAsync(owner, $"""
                    do $$ begin create role {role} login; exception when duplicate_object then null; end $$;
                    grant usage on schema {schema} to {role};
                    grant select, insert, update, delete on all tables in schema {schema} to {role};
                    """);
            }
            await PostgresServer.ExecuteAsync(owner, $"grant pg_read_all_stats to {App}, {Relay}");
        }
        finally
        {
            Turn.Release();
        }
    }
}
