using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Tests.Schema;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(SchemaServers))]

namespace Holdfast.Operations.Tests.Schema;

/// <summary>A newer PostgreSQL beside the run's own, started when the first test asks for it.</summary>
public sealed class SchemaServers : IAsyncDisposable
{
    private static readonly Lazy<Task<PostgresServer>> Newer = new(() => PostgresServer.StartAsync(PostgresVersion.Newer));

    public static Task<PostgresServer> OfAsync(PostgresVersion version) => version == PostgresVersion.Debian ? OperationsServer.StartedAsync() : Newer.Value;

    public async ValueTask DisposeAsync()
    {
        if (Newer.IsValueCreated) await (await Newer.Value).DisposeAsync();
    }
}

/// <summary>A migrated database of one test.</summary>
internal sealed class SchemaDatabase
{
    private SchemaDatabase(string connection) => Settings = new NpgsqlConnectionStringBuilder(connection) { Pooling = false };

    public NpgsqlConnectionStringBuilder Settings { get; }

    public static async Task<SchemaDatabase> CreateAsync(PostgresVersion version = PostgresVersion.Debian, string? name = null)
    {
        var connection = await (await SchemaServers.OfAsync(version)).CreateDatabaseAsync(name);
        await new SchemaMigrator(connection).MigrateAsync();
        return new SchemaDatabase(connection);
    }

    public async Task ExecuteAsync(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<T> ScalarAsync<T>(string sql)
    {
        await using var connection = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task<NpgsqlConnection> OpenAsync()
    {
        var connection = new NpgsqlConnection(Settings.ConnectionString);
        await connection.OpenAsync();
        return connection;
    }

    /// <summary>Ends the sessions of a program, as a crash of it does.</summary>
    public async Task TerminateAsync(string program)
    {
        await ExecuteAsync($"select pg_terminate_backend(pid, 10000) from pg_stat_activity where application_name = '{program}' and datname = current_database()");
    }

    /// <summary>A transaction that has done something and stays open until it is disposed of.</summary>
    public Task<NpgsqlConnection> HoldAsync(string sql) => PostgresServer.HoldAsync(Settings.ConnectionString, sql);

    public static string Memory(int id, string type) =>
        $"insert into holdfast.session_memories (tenant_id, id, stamp, occurred_at, memory_type) values ('default', '00000000-0000-7000-8000-{id:000000000000}', '00000000-0000-7000-8000-{id:000000000000}', now(), '{type}')";
}
