using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Commands;

public sealed class ConfigTests : IDisposable
{
    private const string Planted = "pl4nted";

    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    private void WriteEnv(string text)
    {
        var path = _holdfast.Write(".env", text);
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Fact]
    public async Task every_setting_is_shown_with_its_source_and_without_its_secret()
    {
        WriteEnv($"HOLDFAST_PROVIDER_MAIN=postgres://maria:{Planted}@db.example.com/memory\nRAILWAY_DB_URL=your_railway_url_here\n");
        var answer = (await _holdfast.With("HOLDFAST_PROVIDER_NEON", $"postgres://maria:{Planted}@ep-a.eu.neon.tech/memory").RunAsync("config", "check")).Done();
        Assert.DoesNotContain(Planted, answer.Out + answer.Errors, StringComparison.Ordinal);
        Assert.Matches(@"HOLDFAST_PROVIDER_MAIN +db\.example\.com:5432/memory role maria password \*\*\* +\S+/\.env", answer.Out);
        Assert.Matches(@"HOLDFAST_PROVIDER_NEON .* environment", answer.Out);
        Assert.Matches(@"RAILWAY_DB_URL .* not configured", answer.Out);
        Assert.Matches(@"neon +ep-a-pooler\.eu\.neon\.tech:5432 +ep-a\.eu\.neon\.tech:5432 +verify-full", answer.Out);
    }

    [Fact]
    public async Task warnings_end_with_findings()
    {
        var answer = (await _holdfast.With("HOLDFAST_PROVIDER_MAIN", $"postgres://u:{Planted}@h/m?sslmode=require").With("HOLDFAST_TENNANT", Planted).RunAsync("config", "check", "--json")).Ended(10);
        Assert.Equal("warnings", answer.Envelope.GetProperty("result").GetProperty("verdict").GetString());
        Assert.Equal(2, answer.Envelope.GetProperty("result").GetProperty("warnings").GetArrayLength());
        Assert.Contains("did you mean HOLDFAST_TENANT?", answer.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(Planted, answer.Out + answer.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HOLDFAST_PROVIDER_MAIN", "postgres://u:pl4nted@h:x/m", "the port")]
    [InlineData("HOLDFAST_PROVIDER_MAIN", "postgres://u:pl4%nted@h/m", "the password")]
    [InlineData("DATABASE_FAILOVER_ORDER", "postgres://u:pl4nted@h/m", "unknown provider")]
    [InlineData("HOLDFAST_FAILOVER_CALL_TIMEOUT", "pl4nted://", "a time like")]
    public async Task what_cannot_be_used_is_named_without_its_value(string name, string value, string text)
    {
        var answer = (await _holdfast.With(name, value).RunAsync("config", "check")).Ended(2);
        Assert.Contains(text, answer.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("nted", answer.Out + answer.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("nted", (await _holdfast.RunAsync("status", "--json")).Ended(2) is var status ? status.Out + status.Errors : "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_broken_provider_does_not_keep_from_the_local_file()
    {
        (await _holdfast.With("HOLDFAST_PROVIDER_MAIN", "postgres://h:x/m").RunAsync("remember", "hello", "--session", "s", "--provider", "local")).Done();
        (await _holdfast.RunAsync("remember", "hello", "--session", "s")).Ended(2);
    }

    [Fact]
    public async Task the_local_file_and_the_tenant_follow_the_settings()
    {
        WriteEnv($"LOCAL_DB_PATH={_holdfast.PathOf("own.db")}\nHOLDFAST_TENANT=t\n");
        (await _holdfast.RunAsync("remember", "hello", "--session", "s")).Done();
        Assert.True(File.Exists(_holdfast.PathOf("own.db")));
        Assert.False(File.Exists(_holdfast.PathOf("memory.db")));
        Assert.Contains("hello", (await _holdfast.RunAsync("session", "show", "s", "--tenant", "t")).Done().Out, StringComparison.Ordinal);
        (await _holdfast.RunAsync("session", "show", "s", "--tenant", "other")).Ended(6);
    }
}
