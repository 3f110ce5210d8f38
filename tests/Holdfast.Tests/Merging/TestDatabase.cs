using Holdfast.Operations.Schema.Migrations;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.Tests.Stores;

namespace Holdfast.Tests.Merging;

/// <summary>A database of its own on the run's server; each schema of it can be a store.</summary>
internal sealed class TestDatabase
{
    private TestDatabase(string connectionString) => ConnectionString = connectionString;

    public string ConnectionString { get; }

    public static async Task<TestDatabase> CreateAsync() => new(await TestServer.NewDatabaseAsync());

    public async Task<PostgresStore> ConnectAsync(MergeRules? rules = null, string schema = PostgresStore.DefaultSchema)
    {
        await new SchemaMigrator(ConnectionString, schema).MigrateAsync();
        return await PostgresConnector.ConnectAsync(ConnectionString, schema, TimeProvider.System, rules, CancellationToken.None);
    }
}
