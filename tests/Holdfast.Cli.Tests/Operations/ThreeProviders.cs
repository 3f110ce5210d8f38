using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>Three real servers, shared by the tests of a class; each test has a database of its own on each.</summary>
public sealed class ThreeProviders : IAsyncLifetime
{
    public static readonly string[] Names = ["neon", "supabase", "railway"];

    private readonly List<PostgresServer> _servers = [];
    private int _tests;

    internal PostgresServer this[string name] => _servers[Array.IndexOf(Names, name)];

    public async ValueTask InitializeAsync()
    {
        _servers.AddRange(await Task.WhenAll(Names.Select(_ => PostgresServer.StartAsync(durable: true))));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var server in _servers) await server.DisposeAsync();
    }

    /// <summary>All servers run and have a new database, with the schema in it.</summary>
    internal async Task<ProviderHome> NewAsync()
    {
        var database = $"ops_{++_tests}";
        var connections = new List<string>();
        foreach (var server in _servers)
        {
            if (server.Running.HasExited) await server.StartAgainAsync();
            connections.Add(await server.CreateDatabaseAsync(database));
            await new SchemaMigrator(connections[^1]).MigrateAsync();
        }
        return new ProviderHome(connections);
    }
}

/// <summary>A machine that knows the three providers: a folder of its own, the program, and memories opened in this process.</summary>
internal sealed class ProviderHome : IDisposable
{
    public ProviderHome(IReadOnlyList<string> connections)
    {
        Connections = connections;
        Holdfast = new HoldfastProgram().With("DATABASE_FAILOVER_ORDER", string.Join(',', ThreeProviders.Names));
        for (var i = 0; i < connections.Count; i++) Holdfast.With($"HOLDFAST_PROVIDER_{ThreeProviders.Names[i].ToUpperInvariant()}", connections[i]);
    }

    public HoldfastProgram Holdfast { get; }

    public IReadOnlyList<string> Connections { get; }

    public string Of(string provider) => Connections[Array.IndexOf(ThreeProviders.Names, provider)];

    public Task<Answer> RunAsync(params string[] arguments) => Holdfast.RunAsync(arguments);

    /// <summary>Runs the program until it says that, and kills it.</summary>
    public async Task KillWhenItSaysAsync(string words, params string[] arguments)
    {
        using var process = Holdfast.Start(arguments);
        process.StandardInput.Close();
        var told = "";
        while (!told.Contains(words, StringComparison.Ordinal)) told = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException("it has ended");
        process.Kill();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Another machine in front of the same providers.</summary>
    public ProviderHome OtherMachine() => new(Connections);

    /// <summary>A running process on this machine.</summary>
    public Task<AgentMemory> OpenAsync(Action<FailoverOptions>? change = null)
    {
        var options = new HoldfastOptions { Home = Holdfast.Home };
        for (var i = 0; i < Connections.Count; i++) options.Providers.Add(new ProviderOptions { Name = ThreeProviders.Names[i], Connection = Connections[i] });
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(300);
        change?.Invoke(options.Failover);
        return AgentMemory.OpenAsync(options);
    }

    public void Dispose() => Holdfast.Dispose();
}
