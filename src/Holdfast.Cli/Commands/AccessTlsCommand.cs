using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access.Tls;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access tls</c>: how the connections to the providers are protected.</summary>
internal static class AccessTlsCommand
{
    public static Command Create() => CommandFactory.Create("access tls",
        "Looks at how connections are protected: protocol, certificate (authority, name, days left), channel binding, and sessions without TLS. Exit codes: 9 failed, 10 warnings, 8 not reached.",
        "holdfast access tls", [], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var reports = await Task.WhenAll(ServerReports.Servers(invocation).Reverse().Select(server => new TlsCheck(TimeProvider.System).RunAsync(server, cancellationToken)));
        var result = reports.Select(report => new TlsItem(report.Provider, Naming.Snake(report.Verdict.ToString()), report.Unreachable, report.DaysLeft,
            [.. report.Points.Select(point => new TlsPointItem(point.Point, Naming.Snake(point.Verdict.ToString()), point.Detail, point.Advice))])).ToList();
        invocation.Print(result, CliJson.Default.ListTlsItem, writer =>
        {
            foreach (var report in reports)
            {
                writer.WriteLine($"{report.Provider}: {(report.Unreachable is { } why ? $"not reached: {Terminal.Safe(why)}" : Naming.Snake(report.Verdict.ToString()))}");
                foreach (var point in report.Points)
                {
                    writer.WriteLine($"  {Word(point.Verdict),-6} {point.Point,-16} {Terminal.Safe(point.Detail)}");
                    if (point.Advice is { } advice) writer.WriteLine($"         {Terminal.Safe(advice)}");
                }
            }
        });
        return End(invocation, reports);
    }

    private static ExitCode End(Invocation invocation, IReadOnlyList<TlsReport> reports)
    {
        if (First(reports, TlsVerdict.Failed) is var (failed, point)) return invocation.Note(new CliError(ExitCode.VerificationFailed, $"{failed.Provider}: {point.Point}: {point.Detail}", point.Advice));
        if (reports.FirstOrDefault(report => report.Unreachable is not null) is { } lost)
            return invocation.Note(new CliError(ExitCode.Unreachable, $"{lost.Provider} was not reached: {lost.Unreachable}", $"holdfast provider test {lost.Provider}"));
        return First(reports, TlsVerdict.Warning) is var (warned, warning)
            ? invocation.Note(new CliError(ExitCode.Findings, $"{warned.Provider}: {warning.Point}: {warning.Detail}", warning.Advice)) : ExitCode.Done;
    }

    private static (TlsReport Report, TlsPoint Point)? First(IReadOnlyList<TlsReport> reports, TlsVerdict verdict)
    {
        foreach (var report in reports)
            if (report.Points.FirstOrDefault(point => point.Verdict == verdict) is { } point) return (report, point);
        return null;
    }

    private static string Word(TlsVerdict verdict) => verdict switch
    {
        TlsVerdict.Good => "[OK]",
        TlsVerdict.Warning => "[WARN]",
        TlsVerdict.Failed => "[FAIL]",
        _ => "[SKIP]",
    };
}

/// <summary>A provider's protection.</summary>
internal sealed record TlsItem(string Provider, string Verdict, string? Unreachable, int? DaysLeft, List<TlsPointItem> Points);

internal sealed record TlsPointItem(string Point, string Verdict, string Detail, string? Advice);
