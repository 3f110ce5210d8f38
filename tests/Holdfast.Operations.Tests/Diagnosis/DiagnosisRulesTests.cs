using Holdfast.Operations.Diagnosis;
using Holdfast.Providers.Control;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Diagnosis;

/// <summary>Each finding appears for its facts, under its own code, and not without them.</summary>
public sealed class DiagnosisRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 5, 1, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public void where_all_is_well_there_is_no_finding()
    {
        var report = DiagnosisRules.Of(Facts(Well("neon"), Well("supabase")));
        Assert.Empty(report.Findings);
        Assert.True(report.IsReachable);
        Assert.Equal("Nothing is wrong: all 2 providers take rows.", report.Verdict);
        Assert.Empty(DiagnosisRules.Of(Facts()).Findings);
    }

    [Theory]
    [InlineData(ProbeStep.Dns)]
    [InlineData(ProbeStep.Tcp)]
    internal void when_none_of_several_hosts_can_be_reached_it_is_the_network(ProbeStep step)
    {
        var report = DiagnosisRules.Of(Facts(Failed("neon", step, FailureCause.Down), Failed("supabase", ProbeStep.Tcp, FailureCause.Down)));
        Assert.Equal(["network"], Codes(report));
        Assert.Equal(Severity.Critical, report.Findings[0].Severity);
        Assert.False(report.IsReachable);
    }

    [Fact]
    public void when_another_answers_it_is_the_provider_and_not_the_network()
    {
        var report = DiagnosisRules.Of(Facts(Failed("neon", ProbeStep.Tcp, FailureCause.Down), Well("supabase")));
        var finding = Assert.Single(report.Findings);
        Assert.Equal(("unreachable", "neon", Severity.Warning), (finding.Code, finding.Subject, finding.Severity));
        Assert.Contains("supabase answers, so it is this provider", finding.Why, StringComparison.Ordinal);
        Assert.True(report.IsReachable);
    }

    [Fact]
    public void two_providers_on_one_host_say_nothing_of_the_network()
    {
        var report = DiagnosisRules.Of(Facts(Failed("a", ProbeStep.Tcp, FailureCause.Down, host: "db.example"), Failed("b", ProbeStep.Tcp, FailureCause.Down, host: "db.example", port: 5433)));
        Assert.Equal(["unreachable", "unreachable"], Codes(report));
    }

    [Fact]
    public void a_single_provider_cannot_be_compared_and_that_is_said()
    {
        var report = DiagnosisRules.Of(Facts(Failed("neon", ProbeStep.Dns, FailureCause.Down)));
        Assert.Equal(["name_unresolved"], Codes(report));
        Assert.Contains("may be this machine's network", report.Findings[0].Why, StringComparison.Ordinal);
        Assert.Equal(Severity.Critical, report.Findings[0].Severity);
    }

    [Theory]
    [InlineData(ProbeStep.Auth, FailureCause.Authentication, "authentication")]
    [InlineData(ProbeStep.Auth, FailureCause.Paused, "paused")]
    [InlineData(ProbeStep.Auth, FailureCause.Saturated, "saturated")]
    [InlineData(ProbeStep.Tls, FailureCause.Tls, "tls")]
    [InlineData(ProbeStep.Read, FailureCause.Down, "silent")]
    [InlineData(ProbeStep.Write, FailureCause.ReadOnly, "read_only")]
    [InlineData(ProbeStep.Write, FailureCause.DiskFull, "disk_full")]
    [InlineData(ProbeStep.Schema, FailureCause.Drift, "drift")]
    internal void a_providers_failure_is_named_by_its_cause(ProbeStep step, FailureCause cause, string code)
    {
        var finding = Assert.Single(DiagnosisRules.Of(Facts(Failed("neon", step, cause), Well("supabase"))).Findings);
        Assert.Equal((code, "neon"), (finding.Code, finding.Subject));
        Assert.Equal("the advice", finding.Command);
        Assert.NotEmpty(finding.Takes);
    }

    [Fact]
    public void what_is_frozen_drained_or_damaged_is_found()
    {
        var well = Facts(Well("neon"), Well("supabase"));
        var frozen = Assert.Single(DiagnosisRules.Of(well with { Control = Control() with { FrozenSince = Now.AddHours(-3) } }).Findings);
        Assert.Equal(("frozen", Severity.Critical, "holdfast freeze off"), (frozen.Code, frozen.Severity, frozen.Command));
        Assert.Contains("by maria (3 h)", frozen.What, StringComparison.Ordinal);

        var drained = Assert.Single(DiagnosisRules.Of(well with { Control = Control() with { Drained = ["neon"] } }).Findings);
        Assert.Equal(("drained", "neon", Severity.Notice, "holdfast provider enable neon"), (drained.Code, drained.Subject, drained.Severity, drained.Command));
        Assert.Equal(Severity.Warning, DiagnosisRules.Of(well with { Control = Control() with { Drained = ["neon"], ChangedAt = Now.AddDays(-2) } }).Findings[0].Severity);

        var damaged = Assert.Single(DiagnosisRules.Of(well with { Control = null, ControlError = "not JSON" }).Findings);
        Assert.Equal(("control_damaged", "rm /home/maria/control.json"), (damaged.Code, damaged.Command));
    }

    [Fact]
    public void a_failover_in_force_and_processes_that_disagree_are_found()
    {
        var well = Facts(Well("neon"), Well("supabase"));
        Assert.Empty(DiagnosisRules.Of(well with { Processes = [Process(1, "neon"), Process(2, "neon")] }).Findings);
        var failover = Assert.Single(DiagnosisRules.Of(well with { Processes = [Process(1, "supabase", failover: true)] }).Findings);
        Assert.Equal(("failover_in_force", "supabase"), (failover.Code, failover.Subject));
        Assert.Contains("(neon: down)", failover.What, StringComparison.Ordinal);
        Assert.Equal(["split_route", "failover_in_force"], Codes(DiagnosisRules.Of(well with { Processes = [Process(1, "neon"), Process(2, "supabase", failover: true)] })));
        Assert.Equal("local", Assert.Single(DiagnosisRules.Of(well with { Processes = [Process(1, null, failover: true)] }).Findings).Subject);
    }

    [Fact]
    public void a_provider_that_lacks_rows_and_work_that_failed_in_the_background_are_found()
    {
        var (well, process) = (Facts(Well("neon"), Well("supabase")), Process(1, "neon"));
        Assert.Equal(("lacking", "neon"), Found(process with { Providers = [process.Providers[0] with { IsLacking = true }] }));
        Assert.Equal(("upkeep", $"{process.Program} 1"), Found(process with { UpkeepError = "the disk is full" }));

        (string, string) Found(ProcessState state)
        {
            var finding = Assert.Single(DiagnosisRules.Of(well with { Processes = [state] }).Findings);
            return (finding.Code, finding.Subject);
        }
    }

    [Fact]
    public void what_waits_in_the_local_file_is_found_when_it_waits_too_long()
    {
        var well = Facts(Well("neon"), Well("supabase"));
        LocalFacts Waiting(TimeSpan age) => well.Local with { Waiting = 7, OldestWaiting = Now - age };
        Assert.Empty(DiagnosisRules.Of(well with { Local = Waiting(TimeSpan.FromSeconds(20)) }).Findings);
        Assert.Equal(("spool_waiting", Severity.Warning), CodeOf(well with { Local = Waiting(TimeSpan.FromMinutes(5)) }));
        Assert.Equal(("spool_waiting", Severity.Critical), CodeOf(well with { Local = Waiting(TimeSpan.FromHours(5)) }));
        // Without a provider the local file is where rows belong.
        Assert.Empty(DiagnosisRules.Of(Facts() with { Local = Waiting(TimeSpan.FromDays(5)) }).Findings);
    }

    [Fact]
    public void budget_disk_and_damage_of_the_local_file_are_found()
    {
        var well = Facts(Well("neon"));
        Assert.Equal(("spool_budget", Severity.Warning), CodeOf(well with { Local = well.Local with { Bytes = 900L << 20 } }));
        Assert.Equal(("spool_budget", Severity.Critical), CodeOf(well with { Local = well.Local with { Bytes = 2L << 30 } }));
        Assert.Equal(("disk_space", Severity.Warning), CodeOf(well with { Local = well.Local with { FreeBytes = 500L << 20 } }));
        Assert.Equal(("disk_space", Severity.Critical), CodeOf(well with { Local = well.Local with { FreeBytes = 5L << 20 } }));
        Assert.Equal(("local_file", Severity.Critical), CodeOf(well with { Local = well.Local with { Bytes = null, Error = "malformed" } }));
        Assert.Empty(DiagnosisRules.Of(well with { Local = well.Local with { FreeBytes = null, Waiting = null, Bytes = null } }).Findings);
    }

    [Fact]
    public void a_provider_that_is_older_than_the_program_is_found()
    {
        var older = Well("neon", schema: "0002");
        older.Report.Facts.SchemaAwaited = "0003";
        var finding = Assert.Single(DiagnosisRules.Of(Facts(older, Well("supabase", schema: "0003"), Well("railway", schema: "0003"))).Findings);
        Assert.Equal(("schema_behind", "neon", "holdfast schema migrate --provider neon"), (finding.Code, finding.Subject, finding.Command));
    }

    [Fact]
    public void providers_that_disagree_on_the_schema_are_found()
    {
        var finding = Assert.Single(DiagnosisRules.Of(Facts(Well("neon", schema: "0002"), Well("supabase", schema: "0010"), Well("railway", schema: "0010"))).Findings);
        Assert.Equal(("schema_version", "neon", "holdfast schema migrate --provider neon"), (finding.Code, finding.Subject, finding.Command));
    }

    [Theory]
    [InlineData(0.5, -0.5, null)]
    [InlineData(90, 91, "this machine")]
    [InlineData(90, 0, "neon")]
    [InlineData(90, -90, "neon")]
    public void a_clock_that_is_wrong_is_found_by_comparison(double neon, double supabase, string? subject)
    {
        var findings = DiagnosisRules.Of(Facts(Well("neon", clock: neon), Well("supabase", clock: supabase))).Findings;
        Assert.All(findings, finding => Assert.Equal("clock", finding.Code));
        Assert.Equal(subject, findings.Count == 0 ? null : findings[0].Subject);
        if (subject == "this machine") Assert.Contains("90 s behind", findings[0].What, StringComparison.Ordinal);
    }

    [Fact]
    public void two_names_of_one_database_are_found() =>
        Assert.Equal(["same_database"], Codes(DiagnosisRules.Of(Facts(Well("a", host: "db.example"), Well("b", host: "DB.example")))));

    [Fact]
    public void certificates_that_end_or_are_not_checked_are_found()
    {
        Assert.Empty(DiagnosisRules.Of(Facts(Well("neon", days: 60))).Findings);
        Assert.Equal(("certificate_ends", Severity.Warning), CodeOf(Facts(Well("neon", days: 10))));
        Assert.Equal(("certificate_ends", Severity.Critical), CodeOf(Facts(Well("neon", days: 1))));
        Assert.Equal(("certificate_unchecked", Severity.Warning), CodeOf(Facts(Well("neon", days: 60, problem: "comes from an unknown authority"))));
    }

    [Fact]
    public void what_the_configuration_says_is_passed_on()
    {
        var well = Facts(Well("neon"));
        Assert.Equal(("configuration_warning", Severity.Warning), CodeOf(well with { ConfigurationWarnings = [".env can be read by others"] }));
        Assert.Equal(("configuration", Severity.Critical), CodeOf(well with { ConfigurationErrors = ["HOLDFAST_PROVIDER_NEON is no URL"] }));
    }

    [Fact]
    public void the_worst_comes_first()
    {
        var facts = Facts(Failed("neon", ProbeStep.Tcp, FailureCause.Down), Well("supabase")) with { Control = Control() with { FrozenSince = Now, Drained = ["railway"] } };
        Assert.Equal(["frozen", "unreachable", "drained"], Codes(DiagnosisRules.Of(facts)));
    }

    private static IEnumerable<string> Codes(DiagnosisReport report) => report.Findings.Select(finding => finding.Code);

    private static (string, Severity) CodeOf(DiagnosisFacts facts) => DiagnosisRules.Of(facts).Findings is [var only] ? (only.Code, only.Severity) : throw new InvalidOperationException("not one finding");

    private static DiagnosisFacts Facts(params ProviderFacts[] providers) => new(Now, new FailoverOptions(), providers, new LocalFacts("/home/maria/memory.db", true, 1_000, 0, null, 50L << 30),
        ControlState.None, null, "/home/maria/control.json", [], [], []);

    private static ControlState Control() => new(Now.AddHours(-1), "maria", null, null, []);

    private static ProcessState Process(int id, string? primary, bool failover = false) => new(id, "agent", Now.AddHours(-1), Now, primary, Now.AddMinutes(-5), failover, false, 0,
        [new ProviderState("neon", failover ? "down" : "healthy", failover ? "down" : null, null, null, null, null, null, null, 0, 0, 0)]);

    private static ProviderFacts Well(string name, string? host = null, string schema = "0002", double clock = 0, int? days = null, string? problem = null) =>
        Provider(name, host, 5432, new ProbeFacts { SchemaVersion = schema, ClockOffset = TimeSpan.FromSeconds(clock), CertificateDaysLeft = days, CertificateProblem = problem },
            [.. Enum.GetValues<ProbeStep>().Select(step => new ProbeStepResult(step, ProbeState.Passed, TimeSpan.Zero, ""))]);

    private static ProviderFacts Failed(string name, ProbeStep at, FailureCause cause, string? host = null, int port = 5432) => Provider(name, host, port, new ProbeFacts(),
        [.. Enum.GetValues<ProbeStep>().Select(step => step < at ? new ProbeStepResult(step, ProbeState.Passed, TimeSpan.Zero, "")
            : step > at ? new ProbeStepResult(step, ProbeState.NotReached, TimeSpan.Zero, "")
            : new ProbeStepResult(step, ProbeState.Failed, TimeSpan.Zero, "refused", new Failure(AttemptOutcome.NotExecuted, cause, "refused"), "the advice"))]);

    private static ProviderFacts Provider(string name, string? host, int port, ProbeFacts facts, List<ProbeStepResult> steps) =>
        new(name, host ?? $"{name}.example", port, "memory", SslMode.VerifyFull, false, new ProbeReport(name, Now, TimeSpan.Zero, steps, facts));
}
