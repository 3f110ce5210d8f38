using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class VerifyTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task two_providers_are_verified_test_by_test()
    {
        await _holdfast.WithProvidersAsync(server, 2);
        var answer = (await _holdfast.RunAsync("verify")).Done();
        Assert.Contains("target: neon  127.0.0.1:", answer.Errors, StringComparison.Ordinal);
        Assert.Matches(@"\[OK\] +\d+  neon: it is loaded in its order and time: 5 rows", answer.Out);
        Assert.Matches(@"\[OK\] +\d+  neon: failover: .* lost 0, doubled 0; neon leads again", answer.Out);
        Assert.Matches(@"\d+ tests: \d+ passed, 0 failed, \d+ skipped\.", answer.Out);
        Assert.DoesNotContain("[FAIL]", answer.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_failed_test_ends_in_9_and_is_named()
    {
        var connections = await _holdfast.WithProvidersAsync(server, 1);
        await PostgresServer.ExecuteAsync(connections[0], "alter table holdfast.session_memories add check (memory_type <> 'decision') not valid");
        var answer = (await _holdfast.RunAsync("verify", "--json")).Ended(9);
        Assert.StartsWith("error: 1 of ", answer.Errors.Split('\n').First(line => !line.StartsWith("target: ", StringComparison.Ordinal)), StringComparison.Ordinal);
        var failed = Assert.Single(answer.ResultWith(9).GetProperty("tests").EnumerateArray(), test => test.GetProperty("state").GetString() == "failed");
        Assert.Equal(("neon", "a session is saved"), (failed.GetProperty("provider").GetString(), failed.GetProperty("name").GetString()));
        Assert.False(answer.ResultWith(9).GetProperty("is_well").GetBoolean());
    }

    [Fact]
    public async Task a_placeholder_is_skipped_and_the_local_file_alone_is_enough()
    {
        _holdfast.With("HOLDFAST_PROVIDER_NEON", "your_neon_url_here");
        var answer = (await _holdfast.RunAsync("verify")).Done();
        Assert.Matches(@"\[SKIP\] +\d+  configuration of HOLDFAST_PROVIDER_NEON: not configured", answer.Out);
        Assert.Matches(@"\[OK\] +\d+  local: it is loaded in its order and time", answer.Out);
    }

    [Fact]
    public async Task a_dry_run_writes_nothing()
    {
        var answer = (await _holdfast.RunAsync("verify", "--dry-run")).Done();
        Assert.Contains("would write", answer.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_holdfast.Home));
    }
}
