using Holdfast.Cli.Tests.Program;

namespace Holdfast.Cli.Tests.Commands;

/// <summary>Databases of one test as providers of the program.</summary>
internal static class ProviderServers
{
    private static readonly string[] Names = ["NEON", "SUPABASE", "RAILWAY"];

    /// <summary>Migrated databases on the run's server; their connections, in the order of preference.</summary>
    public static async Task<IReadOnlyList<string>> WithProvidersAsync(this HoldfastProgram program, Server server, int count)
    {
        var connections = new List<string>();
        for (var i = 0; i < count; i++)
        {
            connections.Add(await server.DatabaseAsync());
            program.With($"HOLDFAST_PROVIDER_{Names[i]}", connections[i]);
            (await program.RunAsync("schema", "migrate", "--provider", Names[i])).Done();
        }
        program.With("DATABASE_FAILOVER_ORDER", string.Join(',', Names.Take(count)).ToLowerInvariant());
        return connections;
    }
}
