using Holdfast.Operations.Schema;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Tests.Merging;

/// <summary>A migrated database of its own on a real PostgreSQL server; it is dropped at the end.</summary>
/// <remarks>What is tested is how rows merge, not whether a commit is on the disk: commits do not wait for it here.</remarks>
public sealed class TestDatabase : IAsyncDisposable
{
    private static readonly string Server =
        Environment.GetEnvironmentVariable("HOLDFAST_TEST_POSTGRES") ?? "Host=127.0.0.1;Port=5541;Username=mem;Database=postgres";

    private static readonly Clock Names = new();

    private readonly string _name = $"props_{Names.Next().Value:N}";

    private TestDatabase() { }

    public string ConnectionString => new NpgsqlConnectionStringBuilder(Server) { Database = _name, Options = "-c synchronous_commit=off" }.ConnectionString;

    public static async Task<TestDatabase> CreateAsync()
    {
        var database = new TestDatabase();
        await RunAsync($"create database {database._name}");
        return database;
    }

    /// <summary>Opens a store; each schema of the database is one of its own.</summary>
    internal async Task<PostgresStore> ConnectAsync(MergeRules? rules = null, string schema = PostgresStore.DefaultSchema)
    {
        await new SchemaMigrator(ConnectionString, schema).MigrateAsync();
        return await PostgresConnector.ConnectAsync(ConnectionString, schema, TimeProvider.System, rules, CancellationToken.None);
    }

    public async ValueTask DisposeAsync() => await RunAsync($"drop database {_name} with (force)");

    private static async Task RunAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Server);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
