using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

[assembly: AssemblyFixture(typeof(Holdfast.Cli.Tests.Commands.Server))]

namespace Holdfast.Cli.Tests.Commands;

/// <summary>One PostgreSQL for the run, started when a test asks for it.</summary>
public sealed class Server : IAsyncDisposable
{
    private readonly Lazy<Task<PostgresServer>> _server = new(() => PostgresServer.StartAsync());

    public async Task<string> DatabaseAsync() => await (await _server.Value).CreateDatabaseAsync();

    public async ValueTask DisposeAsync()
    {
        if (_server.IsValueCreated) await (await _server.Value).DisposeAsync();
    }
}

public sealed class SchemaMigrateTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task a_server_is_refused_before_and_serves_after_the_migration()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", await server.DatabaseAsync());
        Assert.Contains("holdfast schema migrate", (await _holdfast.RunAsync("remember", "hello", "--session", "s", "--provider", "main")).Ended(4).Errors, StringComparison.Ordinal);

        var plan = (await _holdfast.RunAsync("schema", "migrate", "--provider", "main", "--dry-run", "--json")).Result.GetProperty("steps");
        Assert.True(plan.GetArrayLength() > 0);
        Assert.StartsWith("main takes no writes: main does not take our rows", (await _holdfast.RunAsync("status")).Ended(8).Out, StringComparison.Ordinal);

        var applied = (await _holdfast.RunAsync("schema", "migrate", "--provider", "main")).Done();
        Assert.StartsWith("target: main  127.0.0.1:", applied.Errors, StringComparison.Ordinal);
        Assert.StartsWith("up to date: its history and the names of all its columns were read", (await _holdfast.RunAsync("schema", "migrate", "--provider", "main")).Done().Out, StringComparison.Ordinal);
        (await _holdfast.RunAsync("remember", "the train leaves at nine", "--session", "s", "--provider", "main")).Done();
        Assert.Equal(1, (await _holdfast.RunAsync("recall", "train", "--json", "--provider", "main")).Result.GetArrayLength());
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
    }

    [Fact]
    public async Task what_is_exported_from_the_local_file_is_the_same_on_a_server()
    {
        (await _holdfast.RunAsync("remember", "hello", "--session", "s", "--user", "maria", "--metadata", """{"n":1.50}""")).Done();
        var lines = (await _holdfast.RunAsync("export")).Done().Out;
        var url = _holdfast.Write("url", await server.DatabaseAsync() + "\n");
        (await _holdfast.RunAsync("schema", "migrate", "--url-file", url)).Done();
        (await _holdfast.RunAsync("import", _holdfast.Write("in.jsonl", lines), "--url-file", url)).Done();
        Assert.Equal(lines, (await _holdfast.RunAsync("export", "--url-file", url)).Done().Out);
    }

    [Fact]
    public async Task the_local_file_needs_no_migration() => (await _holdfast.RunAsync("schema", "migrate")).Done();
}
