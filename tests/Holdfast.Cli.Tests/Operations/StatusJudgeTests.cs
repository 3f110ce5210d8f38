using Holdfast.Operations.Monitoring;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class StatusJudgeTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 0, 0, TimeSpan.Zero);

    private static readonly ProviderStatus Neon = new("neon", "primary", "healthy", true, null, null, null, null, 20, null, null, null, null, null, 60, 0, null, 0, "neon:5432/m role r", 17, "0002", false, 0, []);

    private static readonly ProviderStatus Supabase = Neon with { Name = "supabase", Role = "backup" };

    private static readonly StatusReport Well = new(Now, new(StatusLevel.Well, "", ""), "neon", null, false, null, null, null, [Neon, Supabase], new SpoolStatus(0, null, 1_000, 1_000_000, null), [], []);

    private static readonly ProcessStatus Process = new(1, "agent", Now.AddHours(-1), "neon", false, false, 0);

    private static readonly TableStatus Differing = new("sessions", new Dictionary<string, long?> { ["neon"] = 2, ["supabase"] = 1 }, new Dictionary<string, long?>(), true);

    [Fact]
    public void all_is_well() => Assert.Equal((StatusLevel.Well, "All well: neon leads, 2 of 2 providers answer, nothing waits."), Of(Well));

    [Fact]
    public void a_failing_provider_is_told_with_its_time() => Assert.Equal(
        (StatusLevel.Degraded, "Degraded but nothing lost: neon is down (connection refused) for 4 min; supabase leads; 12 rows wait for neon."),
        Of(Well with { Primary = "supabase", IsFailover = true, Providers = [Neon with { State = "down", Answers = false, Message = "connection refused", Since = Now.AddMinutes(-4), RowsWaiting = 12 }, Supabase] }));

    [Theory]
    [InlineData(6, "the certificate of neon ends in 6 days")]
    [InlineData(-1, "the certificate of neon has ended")]
    public void a_certificate_that_ends_is_not_well(int days, string words) => Degraded(words, Well with { Providers = [Neon with { TlsDays = days }, Supabase] });

    [Fact]
    public void a_spool_near_its_budget_is_not_well() => Degraded("the spool takes 80 % of its budget", Well with { Spool = new SpoolStatus(0, null, 800_000, 1_000_000, null) });

    [Fact]
    public void rows_that_are_refused_are_not_well() => Degraded("supabase refuses 3 rows", Well with { Providers = [Neon, Supabase with { RowsRefused = 3 }] });

    [Fact]
    public void rows_that_a_running_process_has_just_written_are_on_their_way_and_older_ones_are_not()
    {
        var young = Well with { Processes = [Process], Providers = [Neon, Supabase with { RowsWaiting = 1, OldestWaiting = Now.AddSeconds(-2) }] };
        Assert.Equal(StatusLevel.Well, Of(young).Level);
        Degraded("1 row waits for supabase", young with { Processes = [] });
        Degraded("1 row waits for supabase", young with { At = Now.AddSeconds(10) });
    }

    [Fact]
    public void tables_differ_only_where_nothing_explains_it()
    {
        Assert.Equal(StatusLevel.Differs, Of(Well with { Tables = [Differing] }).Level);
        Assert.NotEqual(StatusLevel.Differs, Of(Well with { Tables = [Differing], Processes = [Process with { RowsWaiting = 1 }] }).Level);
        Assert.Equal(StatusLevel.Degraded, Of(Well with { Tables = [Differing], Providers = [Neon, Supabase with { RowsWaiting = 1 }] }).Level);
    }

    [Fact]
    public void a_full_spool_with_nobody_reachable_says_that_writes_are_refused()
    {
        var down = Neon with { State = "down", Answers = false, Message = "connection refused" };
        var (level, sentence) = Of(Well with { Primary = null, Providers = [down], Spool = new SpoolStatus(9, Now, 1_000_000, 1_000_000, null) });
        Assert.Equal(StatusLevel.Unreachable, level);
        Assert.Contains("writes are refused. Nothing is lost.", sentence, StringComparison.Ordinal);
    }

    private static void Degraded(string words, StatusReport report) => Assert.Equal((StatusLevel.Degraded, $"Degraded but nothing lost: {words}."), Of(report));

    private static (StatusLevel Level, string Sentence) Of(StatusReport report) => StatusJudge.Judge(report) is var verdict ? (verdict.Level, verdict.Sentence) : default;
}
