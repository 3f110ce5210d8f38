using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Monitoring;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast status</c> and <c>holdfast health</c>: is it well, and what is to be done?</summary>
internal static class StatusCommand
{
    private const string Screen = "screen";
    private const string Health = "health";

    private static readonly Option<bool> Watch = new("--watch") { Description = "Draw it again and again until Ctrl-C (exit code 5)." };
    private static readonly Option<string> Every = new("--every") { Description = "How often to draw it (implies --watch): 5s, 500ms, 1m.", HelpName = "TIME" };
    private static readonly Option<string> Format = new("--format") { Description = "screen, or health: the report of the older health monitor.", HelpName = "NAME", DefaultValueFactory = _ => Screen };

    public static Command Create()
    {
        Format.AcceptOnlyFromAmong(Screen, Health);
        return CommandFactory.Create("status", "Says in one screen whether the memory is well: who leads, how each provider is, what waits, what to do next.", "holdfast status", [Watch, Every, Format], RunAsync);
    }

    public static Command CreateHealth() => CommandFactory.Create("health", "The report of the older health monitor: an alias of 'status --format health'.", "holdfast health", [Watch, Every], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var isHealth = invocation.Command == Health || invocation.Get(Format) == Health;
        TimeSpan? every = invocation.Get(Every) is { } text ? Period(text) : invocation.Get(Watch) ? TimeSpan.FromSeconds(5) : null;
        if (every is null) return await PrintAsync(invocation, isHealth, cancellationToken);
        using var timer = new PeriodicTimer(every.Value);
        do
        {
            if (!Console.IsOutputRedirected) Console.Out.Write("\e[H\e[2J");
            await PrintAsync(invocation, isHealth, cancellationToken);
            await Console.Out.FlushAsync(cancellationToken);
        }
        while (await timer.WaitForNextTickAsync(cancellationToken));
        return ExitCode.Cancelled;
    }

    private static async Task<ExitCode> PrintAsync(Invocation invocation, bool isHealth, CancellationToken cancellationToken)
    {
        if (invocation.Target.IsLocal) return await PrintLocalAsync(invocation, isHealth, cancellationToken);
        var status = await new StatusGatherer(invocation.Target.Options, invocation.Target.Servers).GatherAsync(withTables: true, cancellationToken);
        return isHealth ? Print(invocation, HealthReport.Of(status)) : invocation.Print(status, StatusJson.Default.StatusReport, writer => StatusScreen.Write(writer, status), CodeOf(status.Verdict.Level));
    }

    private static ExitCode Print(Invocation invocation, HealthReport health) =>
        invocation.PrintFlat(health, StatusJson.Default.HealthReport, health.Write, CodeOf(health.Verdict.Level));

    /// <summary>The exit code of a verdict.</summary>
    public static ExitCode CodeOf(StatusLevel level) => level switch
    {
        StatusLevel.Well => ExitCode.Done,
        StatusLevel.Degraded => ExitCode.Findings,
        StatusLevel.Differs => ExitCode.VerificationFailed,
        _ => ExitCode.Unreachable,
    };

    private static async Task<ExitCode> PrintLocalAsync(Invocation invocation, bool isHealth, CancellationToken cancellationToken)
    {
        var time = invocation.Target.Options.TimeProvider;
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var store = memory.Writer.Store;
        var started = time.GetTimestamp();
        var version = await StatusQueries.SchemaVersionAsync(store, cancellationToken) ?? "none";
        var took = time.GetElapsedTime(started);
        var tables = await StatusQueries.CountsAsync(store, cancellationToken).Select(count => new TableCount(count.Table, count.Rows, count.Bytes)).ToListAsync(cancellationToken);
        var verdict = new StatusVerdict(StatusLevel.Well, $"All well: the local file answers, {Figures.Count(tables.Where(table => Tables.Get(table.Name).IsMerged).Sum(table => table.Rows))} rows.", "holdfast config check");
        if (isHealth)
            return Print(invocation, new HealthReport(time.GetUtcNow(), new Dictionary<string, ProviderHealth> { [invocation.Target.Name] = new(true, took.TotalMilliseconds, null, time.GetUtcNow(), "healthy") },
                new QueryHealth(true, took.TotalMilliseconds, null), HealthReport.CriticalTables.ToDictionary(name => name, name => (long?)tables.Single(table => table.Name == name).Rows), verdict));
        var status = new StoreStatus(invocation.Target.Name, memory.Address, version, await StatusQueries.FileSizeAsync(store, cancellationToken), memory.Writer.Clock.FarAheadCount, verdict, tables);
        return invocation.Print(status, CliJson.Default.StoreStatus, writer => Write(writer, status));
    }

    private static void Write(TextWriter writer, StoreStatus status)
    {
        writer.WriteLine($"{status.Provider} answers: {Figures.Count(status.Tables.Where(table => Tables.Get(table.Name).IsMerged).Sum(table => table.Rows))} rows, {Figures.Size(status.Bytes)}.");
        writer.WriteLine($"{status.Address}  schema {status.SchemaVersion}");
        writer.WriteLine();
        var full = status.Tables.Where(table => table.Rows > 0 && Tables.Get(table.Name).IsMerged).ToList();
        if (full.Count > 0)
            TextColumns.Write(writer, ["TABLE", "ROWS"], full.Select(table => new[] { table.Name, Figures.Count(table.Rows) }));
        else writer.WriteLine("Nothing is remembered yet; try: holdfast remember \"hello\" --session first");
        writer.WriteLine();
        writer.WriteLine("One disk holds all of it; a provider more and no outage loses it (HOLDFAST_PROVIDER_<NAME>).");
        writer.WriteLine($"next: {status.Verdict.Next}");
    }

    private static TimeSpan Period(string text)
    {
        var number = text.TrimEnd("abcdefghijklmnopqrstuvwxyz".ToCharArray());
        var unit = text[number.Length..];
        var one = unit switch { "ms" => TimeSpan.FromMilliseconds(1), "s" or "" => TimeSpan.FromSeconds(1), "m" or "min" => TimeSpan.FromMinutes(1), _ => TimeSpan.Zero };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && one * count is var period && period >= TimeSpan.FromMilliseconds(100) && period <= TimeSpan.FromDays(1)
            ? period
            : throw new CliException(ExitCode.Usage, $"--every: '{text}' is no time from 100ms to 1d; for instance 5s.");
    }
}

internal sealed record StoreStatus(string Provider, string Address, string SchemaVersion, long Bytes, long StampsFarAhead, StatusVerdict Verdict, List<TableCount> Tables);

internal sealed record TableCount(string Name, long Rows, long? Bytes);
