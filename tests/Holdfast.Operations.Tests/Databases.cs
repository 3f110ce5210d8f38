using System.Globalization;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Configuration;
using Holdfast.TestServers;

namespace Holdfast.Operations.Tests;

/// <summary>Providers of one test: databases of its own on the run's server, and a folder of its own.</summary>
internal sealed class Databases : IDisposable
{
    private static readonly string[] Names = ["neon", "supabase", "railway"];

    private static int _roles;

    public string Home { get; } = Directory.CreateTempSubdirectory("holdfast-operations-test-").FullName;

    private readonly List<string> _owners = [];

    public HoldfastOptions Options { get; }

    private Databases() => Options = new HoldfastOptions { Home = Home };

    public HoldfastConfiguration Configuration => new(Options, [], [], []);

    /// <summary>As the owner of everything there.</summary>
    public string Connection(int index) => _owners[index];

    public static async Task<Databases> CreateAsync(int count)
    {
        var server = await OperationsServer.StartedAsync();
        var databases = new Databases();
        for (var i = 0; i < count; i++)
        {
            var connection = await server.CreateDatabaseAsync();
            await new SchemaMigrator(connection).MigrateAsync();
            databases._owners.Add(connection);
            databases.Options.Providers.Add(new ProviderOptions { Name = Names[i], Connection = connection });
        }
        databases.Options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        return databases;
    }

    public static Databases None() => new();

    /// <summary>Changes something in a provider's database behind the program's back.</summary>
    public Task HarmAsync(int index, string sql) => PostgresServer.ExecuteAsync(_owners[index], sql);

    /// <summary>Lets the program connect as a role that may do what the application needs, and that a test can take things from.</summary>
    public async Task<string> UseRoleAsync(int index)
    {
        var role = string.Create(CultureInfo.InvariantCulture, $"app_{Environment.ProcessId}_{Interlocked.Increment(ref _roles)}");
        await HarmAsync(index, $"""
            create role {role} login;
            grant usage on schema holdfast to {role};
            grant select, insert, update, delete on all tables in schema holdfast to {role};
            """);
        Options.Providers[index].Connection = new Npgsql.NpgsqlConnectionStringBuilder(Connection(index)) { Username = role }.ConnectionString;
        return role;
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
