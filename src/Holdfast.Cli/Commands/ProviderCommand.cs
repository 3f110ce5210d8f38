using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Monitoring;
using Holdfast.Providers.Control;
using Holdfast.Stores.Queries;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast provider</c>: list, show, use, drain, enable, log.</summary>
internal static class ProviderCommand
{
    private static readonly Argument<string> Name = new("name") { Description = "The provider's name, as 'holdfast provider list' prints it." };
    private static readonly Argument<string?> NameOrNone = new("name") { Description = "The provider that is to lead.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Auto = new("--auto") { Description = "Let the configured order decide again." };
    private static readonly Option<bool> Waits = new("--wait") { Description = "Wait until every process of this machine has switched (at most a minute, then exit code 10). No caller sees an error meanwhile." };
    private static readonly Option<int> Last = new("--last") { Description = "At most this many, the newest.", HelpName = "N", DefaultValueFactory = _ => 20 };

    private static readonly TimeSpan WaitMax = TimeSpan.FromMinutes(1);

    public static Command Create() => CommandFactory.Group("provider", "The servers that hold the memory: who leads, how each is, and who is used.",
        CommandFactory.Create("provider list", "Lists the providers: role, state, latency, rows that wait for each, and why one is not well.", "holdfast provider list", [], ListAsync),
        CommandFactory.Create("provider show", "Shows all that is known of a provider: where it is, every rung of a probe, versions, tables.", "holdfast provider show neon", [Name], ShowAsync),
        CommandFactory.Create("provider use", "Makes a provider lead as soon as it takes writes and has all rows; --auto lets the order decide again.", "holdfast provider use supabase --wait", [NameOrNone, Auto, Waits], UseAsync),
        CommandFactory.Create("provider drain", "Takes a provider out of use. It gets no writes and no reads until it is enabled; its rows wait.", "holdfast provider drain supabase", [Name], DrainAsync),
        CommandFactory.Create("provider enable", "Takes a drained provider into use again.", "holdfast provider enable supabase", [Name], EnableAsync),
        CommandFactory.Create("provider log", "Lists the changes of route, the newest first: from whom to whom, why, and how long it took.", "holdfast provider log --last 5", [Last], LogAsync),
        ProviderTestCommand.Create(), ProviderDrillCommand.Create());

    private static async Task<ExitCode> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var status = await GatherAsync(invocation, withTables: false, cancellationToken);
        return invocation.Print([.. status.Providers], StatusJson.Default.ListProviderStatus, writer => StatusScreen.WriteProviders(writer, status), StatusCommand.CodeOf(status.Verdict.Level));
    }

    private static async Task<ExitCode> ShowAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var name = invocation.Get(Name);
        var status = await GatherAsync(invocation, withTables: true, cancellationToken);
        var provider = status.Providers.FirstOrDefault(provider => provider.Name == name)
            ?? throw new CliException(ExitCode.NotFound, $"There is no provider '{name}'; there is: {string.Join(", ", status.Providers.Select(known => known.Name))}.", "holdfast provider list");
        return ProviderDetail.Print(invocation, status, provider);
    }

    private static Task<StatusReport> GatherAsync(Invocation invocation, bool withTables, CancellationToken cancellationToken) =>
        invocation.Target.IsLocal ? throw new CliException(ExitCode.NotFound, "No provider is configured: the memory is the local file.", "holdfast config check")
        : new StatusGatherer(invocation.Target.Options, invocation.Target.Servers).GatherAsync(withTables, cancellationToken);

    private static async Task<ExitCode> UseAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (name, auto, waits) = (invocation.Get(NameOrNone), invocation.Get(Auto), invocation.Get(Waits));
        if ((name, auto) is (null, false) or (not null, true)) throw new CliException(ExitCode.Usage, "Name the provider that is to lead, or say --auto.", "holdfast provider use --help");
        if (waits && name is null) throw new CliException(ExitCode.Usage, "--wait needs the provider that is to lead: with --auto the order decides, and a failback takes its time.", "holdfast provider use --help");
        var code = await ControlReport.RunAsync(invocation, (decision, last) => decision.Use(last, name),
            name is null ? "The configured order decides who leads." : $"{name} leads as soon as it takes writes and has all rows.", cancellationToken);
        return !waits || invocation.DryRun || code != ExitCode.Done ? code : await WaitAsync(invocation, name!, cancellationToken);
    }

    private static async Task<ExitCode> WaitAsync(Invocation invocation, string name, CancellationToken cancellationToken)
    {
        var (options, time) = (invocation.Target.Options, invocation.Target.Options.TimeProvider);
        var processes = new ProcessFiles(HoldfastHome.Resolve(options.Home));
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100), time);
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            var running = processes.Read(time.GetUtcNow());
            var others = running.Where(process => process.Primary != name).ToList();
            if (others.Count == 0)
            {
                Invocation.Note(running.Count == 0 ? "no process of this machine has the memory open" : $"{name} leads in {running.Count} {(running.Count == 1 ? "process" : "processes")} of this machine");
                return ExitCode.Done;
            }
            if (time.GetElapsedTime(started) > WaitMax)
                return invocation.Note(new CliError(ExitCode.Findings, $"After a minute {string.Join(", ", others.Select(process => $"{process.Program} {process.ProcessId} ({process.Primary ?? "local"})"))} still {(others.Count == 1 ? "does" : "do")} not use {name}. The decision stands.", $"holdfast provider test {name}"));
        }
        return ExitCode.Cancelled;
    }

    private static Task<ExitCode> DrainAsync(Invocation invocation, CancellationToken cancellationToken) => ControlReport.RunAsync(invocation,
        (decision, last) => decision.Drain(last, invocation.Get(Name), invocation.Yes), $"{invocation.Get(Name)} gets no writes and no reads until 'holdfast provider enable {invocation.Get(Name)}'; its rows wait.", cancellationToken);

    private static Task<ExitCode> EnableAsync(Invocation invocation, CancellationToken cancellationToken) => ControlReport.RunAsync(invocation,
        (decision, last) => decision.Enable(last, invocation.Get(Name)), $"{invocation.Get(Name)} is used again.", cancellationToken);

    private static async Task<ExitCode> LogAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var count = invocation.Get(Last) is > 0 and var last ? last : throw new CliException(ExitCode.Usage, "--last: say how many, at least 1.");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var changes = await FailoverQueries.NewestAsync(memory.Writer.Store, memory.TenantId, count, row => new RouteChangeItem(
            row.Time(0), row.TextOrNull(1) ?? "?", row.TextOrNull(2) ?? "?", row.Text(3), row.IsNull(4) ? null : row.Integer(4), row.IsNull(5) ? null : row.Integer(5)), cancellationToken).ToListAsync(cancellationToken);
        return invocation.Print(changes, CliJson.Default.ListRouteChangeItem, writer =>
        {
            if (changes.Count == 0) Invocation.Note("no change of route");
            else TextColumns.Write(writer, ["WHEN", "FROM", "TO", "CAUSE", "DETECTION", "SWITCH"], changes.Select(change => new[]
            {
                Figures.Time(change.At), change.From, change.To, change.Cause, Figures.Milliseconds(change.DetectionMilliseconds), Figures.Milliseconds(change.SwitchMilliseconds),
            }));
        });
    }
}

/// <summary>A change of route; a time that is null was not measured (a planned change has nothing to detect).</summary>
internal sealed record RouteChangeItem(DateTimeOffset At, string From, string To, string Cause, long? DetectionMilliseconds, long? SwitchMilliseconds);
