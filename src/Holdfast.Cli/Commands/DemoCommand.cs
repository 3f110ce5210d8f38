using System.CommandLine;
using System.Diagnostics;
using Holdfast.Cli.Output;
using Holdfast.Cli.Targets;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast demo</c>: the first success, and the promise put to the test: kill -9 in the middle of writing.</summary>
internal static class DemoCommand
{
    private const string LoopSession = "append-loop";
    private const int KillAfter = 400;

    public static Command Create() => CommandFactory.Create("demo",
        "Imports a small conversation, recalls from it, kills itself with SIGKILL half-way through writing, and counts what is there. Uses a folder of its own.",
        "holdfast demo", [], RunAsync);

    /// <summary>The child that is killed: appends as fast as it can and prints every id that was acknowledged.</summary>
    public static Command CreateLoop()
    {
        var home = new Argument<string>("home");
        var command = CommandFactory.Create("demo-append", "Appends until it is killed (used by 'demo').", "holdfast demo-append FOLDER", [home], async (invocation, cancellationToken) =>
        {
            await using var memory = await AgentMemory.OpenAsync(StoreTarget.Folder(invocation.Get(home)).Options, cancellationToken);
            var session = await memory.OpenSessionAsync(LoopSession, "demo", cancellationToken);
            await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
            {
                for (var i = 0; !cancellationToken.IsCancellationRequested; i++)
                {
                    var receipt = await session.AppendUserAsync($"message {i} of writer {writer}", cancellationToken: cancellationToken);
                    lock (Console.Out) Console.Out.WriteLine(receipt.Id);
                }
            }));
            return ExitCode.Done;
        });
        command.Hidden = true;
        return command;
    }

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var home = Directory.CreateTempSubdirectory("holdfast-demo-").FullName;
        try
        {
            var target = StoreTarget.Folder(home);
            Invocation.Note($"target: {target.Name}  {target.Address} (a folder of the demo's own, removed at the end)");
            var (imported, again, found) = await ImportAndRecallAsync(target, Say, cancellationToken);
            Say("");
            Say("3. A child process appends with 8 writers and is killed with SIGKILL in the middle.");
            var acknowledged = await AppendUntilKilledAsync(home, cancellationToken);
            var stored = await ReadBackAsync(target, cancellationToken);
            var report = DemoReport.Of(imported, again, found, acknowledged, stored);
            Say($"   It had acknowledged {report.Acknowledged} messages. After a restart {report.Acknowledged - report.Missing} of them are there, {report.Twice} twice.");
            Say("");
            return invocation.Print(report, CliJson.Default.DemoReport, writer =>
            {
                writer.WriteLine(report.Verdict);
                if (report.Holds) writer.WriteLine("\nNext: holdfast remember \"hello\" --session first     holdfast recall hello     holdfast status");
            }, report.Holds ? ExitCode.Done : ExitCode.VerificationFailed);

            void Say(string line) { if (!invocation.Json) Console.Out.WriteLine(line); }
        }
        finally
        {
            Directory.Delete(home, recursive: true);
        }
    }

    private static async Task<(long Imported, long Again, int Found)> ImportAndRecallAsync(StoreTarget target, Action<string> say, CancellationToken cancellationToken)
    {
        const string Question = "which train did maria want to take";
        await using var memory = await AgentMemory.OpenAsync(target.Options, cancellationToken);
        var imported = (await ImportAsync(memory, cancellationToken)).Imported;
        var again = (await ImportAsync(memory, cancellationToken)).Imported;
        say($"1. A conversation was imported: {imported} messages and records. Imported a second time it adds {again}.");
        var found = await memory.RecallAsync(Question, countMax: 3, cancellationToken: cancellationToken);
        say("");
        say($"2. Recalled for \"{Question}\":");
        foreach (var hit in found) say($"   {MemoryItem.TimeText(hit.Memory)}  {MemoryItem.Who(hit.Memory)}: {TextColumns.OneLine(hit.Memory.Text)}");
        return (imported, again, found.Count);
    }

    private static async Task<ImportResult> ImportAsync(AgentMemory memory, CancellationToken cancellationToken)
    {
        await using var conversation = typeof(DemoCommand).Assembly.GetManifestResourceStream("conversation.jsonl")!;
        return await new MemoryImport(memory, new ImportOptions { FileName = "conversation.jsonl" }).ReadAsync(conversation, cancellationToken);
    }

    private static async Task<List<Guid>> AppendUntilKilledAsync(string home, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(typeof(DemoCommand).Assembly.Location);
        start.ArgumentList.Add("demo-append");
        start.ArgumentList.Add(home);
        using var child = Process.Start(start)!;
        var acknowledged = new List<Guid>();
        // What it still managed to print before the kill counts as acknowledged too; a last line that was cut off does not.
        while (await child.StandardOutput.ReadLineAsync(cancellationToken) is { } line)
        {
            if (Guid.TryParse(line, out var id)) acknowledged.Add(id);
            if (acknowledged.Count == KillAfter) child.Kill();
        }
        await child.WaitForExitAsync(cancellationToken);
        return acknowledged.Count >= KillAfter ? acknowledged
            : throw new CliException(ExitCode.VerificationFailed, $"The appending process ended by itself after {acknowledged.Count} messages (exit code {child.ExitCode}).");
    }

    private static async Task<List<Guid>> ReadBackAsync(StoreTarget target, CancellationToken cancellationToken)
    {
        await using var memory = await AgentMemory.OpenAsync(target.Options, cancellationToken);
        var session = await memory.ResumeSessionAsync(LoopSession, cancellationToken);
        return session is null ? [] : [.. (await session.LoadAsync(cancellationToken)).Select(message => message.Id)];
    }
}

/// <summary>What the demo saw.</summary>
internal sealed record DemoReport(long Imported, long ImportedAgain, int Found, int Acknowledged, int Missing, int Twice, bool Holds, string Verdict)
{
    /// <summary>Counts what was acknowledged against what is there: nothing may be missing, nothing may be there twice.</summary>
    public static DemoReport Of(long imported, long importedAgain, int found, IReadOnlyCollection<Guid> acknowledged, IReadOnlyCollection<Guid> stored)
    {
        var counts = stored.CountBy(id => id).ToDictionary();
        var missing = acknowledged.Count(id => !counts.ContainsKey(id));
        var twice = counts.Values.Count(count => count > 1);
        var holds = missing == 0 && twice == 0 && importedAgain == 0 && imported > 0 && found > 0;
        return new DemoReport(imported, importedAgain, found, acknowledged.Count, missing, twice, holds, holds
            ? "It holds: every acknowledged message is there, once."
            : $"IT DOES NOT HOLD: {missing} missing, {twice} twice, {importedAgain} imported again, {found} found.");
    }
}
