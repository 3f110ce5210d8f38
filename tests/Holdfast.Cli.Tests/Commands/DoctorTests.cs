using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class DoctorTests(Server server) : IDisposable
{
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    [Fact]
    public async Task without_a_finding_it_ends_in_0()
    {
        Assert.StartsWith("Nothing is wrong", (await _holdfast.RunAsync("doctor")).Done().Out, StringComparison.Ordinal);
        await _holdfast.WithProvidersAsync(server, 2);
        Assert.Equal("Nothing is wrong: all 2 providers take rows.\n", (await _holdfast.RunAsync("doctor")).Done().Out);
    }

    [Fact]
    public async Task a_finding_says_what_and_why_and_what_mends_it_and_ends_in_10()
    {
        var connections = await _holdfast.WithProvidersAsync(server, 2);
        await PostgresServer.ExecuteAsync(connections[0], "drop table holdfast.payments");
        var answer = (await _holdfast.RunAsync("doctor")).Ended(10);
        Assert.Matches(@"1\. \[warning\] neon fails at schema: .*payments is missing", answer.Out);
        Assert.Contains("supabase answers, so it is this provider", answer.Out, StringComparison.Ordinal);
        var finding = Assert.Single((await _holdfast.RunAsync("doctor", "--json")).ResultWith(10).GetProperty("findings").EnumerateArray());
        Assert.Equal(("drift", "neon"), (finding.GetProperty("code").GetString(), finding.GetProperty("subject").GetString()));
    }

    [Fact]
    public async Task a_file_that_others_can_read_and_a_connection_that_checks_no_certificate_are_found()
    {
        File.SetUnixFileMode(_holdfast.Write(".env", "DATABASE_FAILOVER_ENABLED=true\n"), UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var finding = Assert.Single((await _holdfast.RunAsync("doctor", "--json")).ResultWith(10).GetProperty("findings").EnumerateArray());
        Assert.Equal("configuration_warning", finding.GetProperty("code").GetString());
        Assert.Contains("chmod 600", finding.GetProperty("what").GetString(), StringComparison.Ordinal);

        _holdfast.With("HOLDFAST_PROVIDER_MAIN", "postgres://maria:planted-s3cret@no-such-host.invalid/memory?sslmode=require");
        Assert.Contains("sslmode=require encrypts but checks no certificate", (await _holdfast.RunAsync("doctor")).Ended(8).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_frozen_memory_is_found()
    {
        await _holdfast.WithProvidersAsync(server, 2);
        (await _holdfast.RunAsync("freeze", "on")).Done();
        (await _holdfast.RunAsync("provider", "drain", "supabase", "--yes")).Done();
        var answer = (await _holdfast.RunAsync("doctor")).Ended(10);
        Assert.Contains("holdfast freeze off", answer.Out, StringComparison.Ordinal);
        Assert.Contains("error: 2 findings: frozen (all), drained (supabase).", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("writes are not frozen: frozen since", (await _holdfast.RunAsync("verify")).Ended(9).Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task when_nothing_answers_it_ends_in_8()
    {
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", "postgres://maria:planted-s3cret@127.0.0.1:1/memory");
        var answer = (await _holdfast.RunAsync("doctor")).Ended(8);
        Assert.DoesNotContain("planted-s3cret", answer.Out + answer.Errors, StringComparison.Ordinal);
    }
}
