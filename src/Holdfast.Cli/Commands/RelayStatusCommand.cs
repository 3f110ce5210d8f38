using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Relay;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay status</c> and <c>relay run</c>.</summary>
internal static class RelayStatusCommand
{
    private static readonly Option<bool> Once = new("--once") { Description = "Bring everything over once, then end." };

    public static Command CreateStatus() => CommandFactory.Create("relay status",
        "Says for every direction between two providers how far it is behind, since when, what it brought and what is wrong. Exit codes: 0 nothing waits, 10 something does, 8 a provider does not answer.",
        "holdfast relay status", [], StatusAsync);

    public static Command CreateRun() => CommandFactory.Create("relay run",
        "Keeps the providers equal until Ctrl-C: brings each what another has and it lacks. Every process with a memory does so too, unless its setting RELAY is false.",
        "holdfast relay run --once", [Once], RunAsync);

    private static async Task<ExitCode> StatusAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await OpenAsync(invocation, cancellationToken);
        var links = await RelayLinkStatus.ReadAsync(memory.Providers!.Access, cancellationToken);
        var code = links.Any(link => link.State == "unknown") ? ExitCode.Unreachable
            : links.Any(link => link.State is not "equal" || link.Rejects > 0 || link.Error is not null || link.HeldBackBy is not null) ? ExitCode.Findings : ExitCode.Done;
        return invocation.Print([.. links], CliJson.Default.RelayLinkStatusArray, writer => Write(writer, links), code);
    }

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        invocation.AnnounceTarget();
        await using var memory = await OpenAsync(invocation, cancellationToken);
        var relay = memory.Relay!;
        if (invocation.Get(Once))
        {
            var rows = await relay.PullAllAsync(cancellationToken);
            var away = relay.Links.Where(link => !link.CanRun).Select(link => link.Source.IsReadable ? link.Receiver.Name : link.Source.Name).Distinct().ToList();
            if (away.Count > 0) throw new CliException(ExitCode.Unreachable, $"{Figures.Count(rows)} rows were brought over; {string.Join(", ", away)} did not answer.", "holdfast provider test");
            return invocation.Print(new RelayRunResult(rows), CliJson.Default.RelayRunResult, writer => writer.WriteLine($"{Figures.Count(rows)} rows were brought over; no provider lacks what another has."));
        }
        using var progress = new PeriodicTimer(TimeSpan.FromSeconds(1));
        var last = -1L;
        while (await progress.WaitForNextTickAsync(cancellationToken))
        {
            var rows = relay.Links.Sum(link => link.Rows);
            var errors = relay.Links.Select(link => link.LastError).OfType<string>().Distinct().ToList();
            if (rows != last) Invocation.Note($"{Figures.Count(rows)} rows brought over{(errors.Count > 0 ? $"; {string.Join("; ", errors)}" : "")}");
            last = rows;
        }
        return ExitCode.Cancelled;
    }

    private static async Task<AgentMemory> OpenAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Target.Options.Providers.Count < 2)
            throw new CliException(ExitCode.Usage, "A relay needs two providers or more, and no --provider.", "holdfast config check");
        return await invocation.OpenAsync(cancellationToken);
    }

    private static void Write(TextWriter writer, IReadOnlyList<RelayLinkStatus> links)
    {
        TextColumns.Write(writer, ["FROM", "TO", "STATE", "TO READ", "OLDEST", "BROUGHT", "LAST ROUND", "REJECTS"], links.Select(link => new[]
        {
            link.Source, link.Receiver, link.State, link.EntriesToRead is { } entries ? Figures.Count(entries) : "?", link.OldestSeconds is { } age ? $"{age:0.0} s" : "-",
            Figures.Count(link.PulledRows), link.PulledAt is { } at ? Figures.Time(at) : "never", Figures.Count(link.Rejects),
        }));
        foreach (var link in links)
        {
            if (link.HeldBackBy is { } by) writer.WriteLine($"{link.Source} -> {link.Receiver}: held back by {Terminal.Safe(by)}; what others committed is brought over all the same");
            if (link.Error is { } error) writer.WriteLine($"{link.Source} -> {link.Receiver}: {Terminal.Safe(error)}");
        }
    }
}

/// <summary>What <c>relay run --once</c> did.</summary>
internal sealed record RelayRunResult(long Rows);
