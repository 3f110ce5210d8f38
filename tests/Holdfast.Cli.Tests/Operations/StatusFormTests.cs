using System.Text.RegularExpressions;
using Holdfast.Cli.Tests.Program;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class StatusFormTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Layout = """
        ============================================================
        MEMORY SYSTEM HEALTH CHECK - 2025-12-15 17:45:00
        ============================================================

        [PROVIDERS]
        [DOWN] neon            | Latency: N/A
               Error: Connection refused
        [OK]   supabase        | Latency: 45ms
        [OK]   railway         | Latency: 45ms

        [QUERY PERFORMANCE]
        [OK] Test query: 45ms

        [TABLE COUNTS]
          session_memories    :       1 rows
          knowledge_atoms     :       0 rows
          settings            :       0 rows

        ------------------------------------------------------------
        [WARNING] 2/3 providers healthy
        ============================================================

        """;

    [Fact]
    public async Task the_older_report_keeps_its_layout_and_its_fields()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("remember", "hello", "--session", "s")).Done();
        await providers["neon"].KillAsync();
        Assert.Equal(Layout, Timeless((await home.RunAsync("health")).Ended(10).Out));
        Assert.Equal(Layout, Timeless((await home.RunAsync("status", "--format", "health")).Ended(10).Out));

        var report = (await home.RunAsync("health", "--json")).Ended(10).Envelope;
        Assert.Equal((false, "Connection refused"), (report.GetProperty("providers").GetProperty("neon").GetProperty("healthy").GetBoolean(), report.GetProperty("providers").GetProperty("neon").GetProperty("error").GetString()));
        Assert.True(report.GetProperty("providers").GetProperty("supabase").GetProperty("latency_ms").GetDouble() > 0);
        Assert.True(report.GetProperty("providers").GetProperty("supabase").GetProperty("checked_at").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.Equal(1, report.GetProperty("table_counts").GetProperty("session_memories").GetInt64());
        Assert.True(report.GetProperty("query_performance").GetProperty("healthy").GetBoolean());
        Assert.Equal(report.GetProperty("timestamp").GetString(), report.GetProperty("result").GetProperty("timestamp").GetString());
    }

    [Fact]
    public async Task the_older_report_counts_nothing_that_it_could_not_ask()
    {
        using var home = await providers.NewAsync();
        foreach (var name in ThreeProviders.Names) await providers[name].KillAsync();
        var text = (await home.RunAsync("health")).Ended(8).Out;
        Assert.Contains("  session_memories    : unknown rows\n", text, StringComparison.Ordinal);
        Assert.Contains("[FAIL] Test query: N/A\n", text, StringComparison.Ordinal);
        Assert.Contains("[CRITICAL] 0/3 providers healthy\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task watching_draws_again_and_ends_with_control_c()
    {
        using var home = await providers.NewAsync();
        using var process = home.Holdfast.Start("status", "--every", "200ms");
        for (var verdicts = 0; verdicts < 2;)
            if ((await process.StandardOutput.ReadLineAsync())!.StartsWith("All well: ", StringComparison.Ordinal)) verdicts++;
        using var kill = System.Diagnostics.Process.Start("bash", ["-c", $"kill -INT {process.Id}"]);
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(5, process.ExitCode);
        Assert.StartsWith("error: Cancelled.", await errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("status", "--every", "soon")]
    [InlineData("status", "--every", "1ms")]
    [InlineData("status", "--format", "xml")]
    public async Task what_cannot_be_drawn_is_a_usage_error(params string[] arguments)
    {
        using var holdfast = new HoldfastProgram();
        (await holdfast.RunAsync(arguments)).Ended(2);
    }

    [Fact]
    public async Task the_local_file_alone_has_the_older_report_too()
    {
        using var holdfast = new HoldfastProgram();
        (await holdfast.RunAsync("remember", "hello", "--session", "s")).Done();
        var text = (await holdfast.RunAsync("health")).Done().Out;
        Assert.Contains("[OK]   local           | Latency: ", text, StringComparison.Ordinal);
        Assert.Contains("  session_memories    :       1 rows\n", text, StringComparison.Ordinal);
    }

    private static string Timeless(string report) =>
        Regex.Replace(Regex.Replace(report, @"\d+ms", "45ms"), @"- \d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "- 2025-12-15 17:45:00");
}
