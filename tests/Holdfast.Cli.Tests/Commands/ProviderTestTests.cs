using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ProviderTestTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task every_rung_is_shown_with_its_time()
    {
        await _holdfast.WithProvidersAsync(server, 2);
        var answer = (await _holdfast.RunAsync("provider", "test")).Done().Out;
        Assert.Matches(@"neon: takes rows(?s:.*)\[OK\] +dns +[\d.]+ ms(?s:.*)\[OK\] +schema(?s:.*)supabase: takes rows", answer);
        Assert.DoesNotContain("supabase", (await _holdfast.RunAsync("provider", "test", "neon")).Done().Out, StringComparison.Ordinal);
        Assert.Equal(7, (await _holdfast.RunAsync("provider", "test", "NEON", "--json")).Result[0].GetProperty("steps").GetArrayLength());
    }

    [Theory]
    [InlineData("alter role {role} nologin", 3, "auth")]
    [InlineData("revoke insert on holdfast.users from {role}", 3, "schema")]
    [InlineData("revoke insert on holdfast.canary from {role}", 3, "write")]
    [InlineData("alter role {role} set default_transaction_read_only = on", 9, "write")]
    [InlineData("drop table holdfast.users", 9, "schema")]
    public async Task the_failing_cause_is_the_exit_code(string harm, int code, string rung)
    {
        var connections = await _holdfast.WithProvidersAsync(server, 1);
        var role = $"app_{code}_{rung}_{Math.Abs(harm.Length)}_{Environment.ProcessId}";
        await PostgresServer.ExecuteAsync(connections[0], $"create role {role} login; grant usage on schema holdfast to {role}; grant select, insert, update, delete on all tables in schema holdfast to {role}");
        await PostgresServer.ExecuteAsync(connections[0], harm.Replace("{role}", role, StringComparison.Ordinal));
        _holdfast.With("HOLDFAST_PROVIDER_NEON", new NpgsqlConnectionStringBuilder(connections[0]) { Username = role }.ConnectionString);
        var answer = (await _holdfast.RunAsync("provider", "test", "neon")).Ended(code);
        Assert.Matches($@"\[FAIL\] +{rung} ", answer.Out);
        Assert.Contains($"error: neon fails at {rung}: ", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("hint: ", answer.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task one_that_is_not_there_ends_in_8_and_one_that_is_unknown_in_2()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", "postgres://maria:planted-s3cret@127.0.0.1:1/memory");
        var answer = (await _holdfast.RunAsync("provider", "test", "main")).Ended(8);
        Assert.DoesNotContain("planted-s3cret", answer.Out + answer.Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("provider", "test", "other")).Ended(2);
    }
}
