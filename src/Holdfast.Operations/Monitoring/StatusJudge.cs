using System.Globalization;

namespace Holdfast.Operations.Monitoring;

/// <summary>Turns what was gathered into a verdict. Pure: the same facts always get the same one.</summary>
internal static class StatusJudge
{
    /// <summary>Rows that a running process is about to send are no trouble for so long.</summary>
    private static readonly TimeSpan OnTheirWay = TimeSpan.FromSeconds(10);

    /// <summary>A certificate that ends sooner than this is trouble.</summary>
    public const int TlsDaysMin = 7;

    public static StatusVerdict Judge(StatusReport report)
    {
        var providers = report.Providers;
        if (!providers.Any(provider => provider.IsHealthy))
            return new(StatusLevel.Unreachable, $"{None(providers)}: {string.Join("; ", providers.Select(provider => Trouble(provider, report.At)))}. {Waits(report)}", NextOf(report));
        var differing = report.Tables.Where(table => table.Differs).Select(table => table.Name).ToList();
        var trouble = Troubles(report).ToList();
        if (differing.Count > 0 && IsSettled(report))
            return new(StatusLevel.Differs, $"Providers differ: {string.Join(", ", differing.Take(3))}{(differing.Count > 3 ? $" and {differing.Count - 3} more tables" : "")} {(differing.Count == 1 ? "has" : "have")} different numbers of rows although nothing waits.", "holdfast verify");
        if (trouble.Count > 0)
            return new(StatusLevel.Degraded, $"Degraded but nothing lost: {string.Join("; ", trouble)}.", NextOf(report));
        return new(StatusLevel.Well, $"All well: {report.Primary} leads, {Answering(providers)} {(providers.Count(provider => provider.Answers) == 1 ? "answers" : "answer")}, {(report.Spool.Rows is > 0 and var rows ? $"{Rows(rows)} on their way" : "nothing waits")}.", "holdfast verify");
    }

    /// <summary>True when differing numbers cannot be explained: all that should answer does, and nothing is on its way.</summary>
    public static bool IsSettled(StatusReport report) =>
        report.Providers.All(provider => provider is { IsHealthy: true, RowsWaiting: 0 or null, RowsRefused: 0 or null })
        && report.Spool.Problem is null && report.Processes.All(process => process.RowsWaiting == 0);

    private static IEnumerable<string> Troubles(StatusReport report)
    {
        if (report.FrozenSince is { } since) yield return $"all writes are frozen since {since.UtcDateTime.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture)} by {report.ChangedBy}";
        foreach (var provider in report.Providers.Where(provider => !provider.IsHealthy)) yield return Trouble(provider, report.At);
        if (report.IsFailover || report.Providers.Any(provider => !provider.IsHealthy)) yield return report.Primary is { } primary ? $"{primary} leads" : "no provider leads";
        if (report.Spool.Problem is { } problem) yield return $"the local file does not answer ({problem.TrimEnd('.')})";
        foreach (var provider in report.Providers.Where(provider => IsWaiting(provider, report))) yield return $"{Waiting(provider.RowsWaiting!.Value)} for {provider.Name}";
        foreach (var provider in report.Providers.Where(provider => provider.RowsRefused > 0)) yield return $"{provider.Name} refuses {Rows(provider.RowsRefused!.Value)}";
        foreach (var provider in report.Providers.Where(provider => provider.TlsDays < TlsDaysMin)) yield return $"the certificate of {provider.Name} {(provider.TlsDays < 0 ? "has ended" : $"ends in {provider.TlsDays} days")}";
        foreach (var provider in report.Providers.Where(provider => provider.RelayProblem is not null)) yield return $"the relay cannot work at {provider.Name} ({provider.RelayProblem!.TrimEnd('.')})";
        if (report.Spool.Bytes >= report.Spool.BytesMax * 0.8) yield return $"the spool takes {report.Spool.Bytes * 100 / report.Spool.BytesMax} % of its budget";
    }

    private static bool IsWaiting(ProviderStatus provider, StatusReport report) =>
        provider.RowsWaiting > 0 && (report.Processes.Count == 0 || !provider.IsHealthy || report.At - provider.OldestWaiting > OnTheirWay);

    private static string Trouble(ProviderStatus provider, DateTimeOffset now)
    {
        var what = provider.State switch
        {
            "drained" => "is drained",
            "refusing" => $"does not take our rows ({Words(provider)})",
            "healthy" => "answers",
            _ => $"is down ({Words(provider)})",
        };
        return $"{provider.Name} {what}{(provider.Since is { } since && !provider.IsHealthy ? $" for {Span(now - since)}" : "")}";
    }

    private static string Words(ProviderStatus provider) => (provider.Message ?? provider.Cause ?? "no answer").TrimEnd('.');

    private static string None(IReadOnlyList<ProviderStatus> providers) => providers switch
    {
        [var only] => only.IsDrained ? $"{only.Name} is drained" : only.Answers ? $"{only.Name} takes no writes" : $"{only.Name} does not answer",
        _ when providers.Any(provider => provider.Answers) => $"None of {providers.Count} providers takes writes",
        _ => $"None of {providers.Count} providers answers",
    };

    private static string Waits(StatusReport report) => report switch
    {
        { FrozenSince: not null } => "All writes are frozen.",
        { Spool.Problem: { } problem } => $"The local file does not answer either ({problem.TrimEnd('.')}).",
        { Spool: { Bytes: { } bytes, BytesMax: var max } } when bytes >= max => "The local file has reached its budget: writes are refused. Nothing is lost.",
        { Spool.Rows: > 0 and var rows } => $"The local file takes the writes; {Waiting(rows)} in it.",
        _ => "The local file takes the writes; none waits in it yet.",
    };

    private static string NextOf(StatusReport report) => report switch
    {
        { FrozenSince: not null } => "holdfast freeze off",
        _ when report.Providers.FirstOrDefault(provider => !provider.IsHealthy && !provider.IsDrained) is { } broken => $"holdfast provider show {broken.Name}",
        _ when report.Providers.FirstOrDefault(provider => provider.IsDrained) is { } drained => $"holdfast provider enable {drained.Name}",
        { IsFailover: true } => "holdfast provider log",
        _ => "holdfast doctor",
    };

    private static string Answering(IReadOnlyList<ProviderStatus> providers) =>
        $"{providers.Count(provider => provider.Answers)} of {providers.Count} {(providers.Count == 1 ? "provider" : "providers")}";

    private static string Waiting(long rows) => $"{Rows(rows)} {(rows == 1 ? "waits" : "wait")}";

    private static string Rows(long rows) => rows == 1 ? "1 row" : $"{rows.ToString("N0", CultureInfo.InvariantCulture)} rows";

    /// <summary>A span as people say it: 40 s, 4 min, 3 h, 2 d.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalSeconds: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{Math.Max(0, span.TotalSeconds):0} s"),
        { TotalMinutes: < 90 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalMinutes:0} min"),
        { TotalHours: < 48 } => string.Create(CultureInfo.InvariantCulture, $"{span.TotalHours:0} h"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{span.TotalDays:0} d"),
    };
}
