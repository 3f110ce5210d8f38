using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Providers.Control;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast query</c>: slow.</summary>
internal static class QueryCommand
{
    private static readonly Option<int> Last = new("--last") { Description = "At most this many, the newest (with --top: the costliest).", HelpName = "N", DefaultValueFactory = _ => 20 };
    private static readonly Option<bool> Top = new("--top") { Description = "One line per statement: how often it was slow, and how long in all." };

    public static Command Create() => CommandFactory.Group("query", "Statements that took long: slow.",
        CommandFactory.Create("query slow", "Lists the slow statements of this machine's processes, the memory's and the application's, without their parameters.", "holdfast query slow --top", [Last, Top], SlowAsync));

    private static Task<ExitCode> SlowAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var count = invocation.Get(Last) is > 0 and var last ? last : throw new CliException(ExitCode.Usage, "--last: say how many, at least 1.");
        var options = invocation.Target.Options;
        var log = new SlowQueryLog(HoldfastHome.Resolve(options.Home), options.Failover.SlowQueryAfter, options.TimeProvider).Read();
        return Task.FromResult(invocation.Get(Top) ? PrintTop(invocation, log, count) : PrintNewest(invocation, log, count));
    }

    private static ExitCode PrintNewest(Invocation invocation, IEnumerable<SlowQuery> log, int count)
    {
        List<SlowQuery> slow = [.. log.Take(count)];
        return invocation.Print(slow, CliJson.Default.ListSlowQuery, writer => Write(writer, slow.Count, ["WHEN", "PROVIDER", "TOOK", "PROCESS", "STATEMENT"],
            slow.Select(query => new[] { Figures.Time(query.At), query.Provider, Figures.Milliseconds(query.Milliseconds), $"{query.ProcessId}", Squeezed(query.Statement) })));
    }

    private static ExitCode PrintTop(Invocation invocation, IEnumerable<SlowQuery> log, int count)
    {
        List<SlowStatement> top = [.. log.GroupBy(query => query.Statement)
            .Select(group => new SlowStatement(group.Key, group.Count(), group.Sum(query => query.Milliseconds), group.Max(query => query.Milliseconds), group.Max(query => query.At), [.. group.Select(query => query.Provider).Distinct().Order()]))
            .OrderByDescending(statement => statement.TotalMilliseconds).Take(count)];
        return invocation.Print(top, CliJson.Default.ListSlowStatement, writer => Write(writer, top.Count, ["TIMES", "TOTAL", "LONGEST", "LAST", "PROVIDERS", "STATEMENT"],
            top.Select(statement => new[]
            {
                Figures.Count(statement.Times), Figures.Milliseconds(statement.TotalMilliseconds), Figures.Milliseconds(statement.LongestMilliseconds), Figures.Time(statement.LastAt),
                string.Join(",", statement.Providers), Squeezed(statement.Statement),
            })));
    }

    private static void Write(TextWriter writer, int count, string[] head, IEnumerable<string[]> rows)
    {
        if (count == 0) Invocation.Note("no slow statement");
        else TextColumns.Write(writer, head, rows);
    }

    private static string Squeezed(string statement) => string.Join(' ', statement.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
}

/// <summary>A statement that was slow, with all its times.</summary>
internal sealed record SlowStatement(string Statement, int Times, double TotalMilliseconds, double LongestMilliseconds, DateTimeOffset LastAt, List<string> Providers);
