using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast export</c>: the memory as JSONL that <c>import</c> reads.</summary>
internal static class ExportCommand
{
    private static readonly Option<string> Output = new("--output", "-o") { Description = "Write to this file; standard output by default.", HelpName = "FILE" };
    private static readonly Option<string> User = new("--user") { Description = "Only of this user.", HelpName = "ID" };
    private static readonly Option<string> Session = new("--session") { Description = "Only this session.", HelpName = "ID" };
    private static readonly Option<bool> Deleted = new("--deleted") { Description = "Also what was deleted." };

    public static Command Create() => CommandFactory.Create("export", "Writes sessions, messages and records as JSONL, in their order. 'import' makes the same memory of it.",
        "holdfast export -o memory.jsonl", [Output, User, Session, Deleted], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var path = invocation.Get(Output) is null or "-" ? null : invocation.Get(Output);
        if (path is null && invocation.Json) throw new CliException(ExitCode.Usage, "--json says how many lines were written, so the lines need another place.", "holdfast export --json -o memory.jsonl");
        if (path is not null && !IsDevice(path) && File.Exists(path) && !invocation.Yes)
            throw new CliException(ExitCode.Refused, $"{path} is there already; nothing was written.", "Choose another name, or replace it with --yes.");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        using var progress = new ProgressLine("memories");
        var options = new ExportOptions
        {
            UserId = invocation.Get(User),
            SessionId = invocation.Get(Session),
            WithDeleted = invocation.Get(Deleted),
            Progress = new Told<ExportResult>(now => progress.Report(now.Memories, now.Bytes)),
        };
        var result = await WriteAsync(memory, path, options, cancellationToken);
        progress.Dispose();
        if (path is null)
        {
            Invocation.Note($"{result.Memories} memories, {result.Sessions} sessions");
            return ExitCode.Done;
        }
        return invocation.Print(new ExportReport(path, result.Memories, result.Sessions, result.Bytes), CliJson.Default.ExportReport,
            writer => writer.WriteLine($"{result.Memories.ToString("N0", CultureInfo.InvariantCulture)} memories and {result.Sessions} sessions, {Figures.Size(result.Bytes)}, in {path}"));
    }

    private static async Task<ExportResult> WriteAsync(AgentMemory memory, string? path, ExportOptions options, CancellationToken cancellationToken)
    {
        if (path is null)
        {
            await using var output = Console.OpenStandardOutput();
            return await new MemoryExport(memory).WriteAsync(output, options, cancellationToken);
        }
        if (IsDevice(path))
        {
            await using var device = File.OpenWrite(path);
            return await new MemoryExport(memory).WriteAsync(device, options, cancellationToken);
        }
        // A file of that name appears when it is whole: half an export must not be taken for one.
        var partial = $"{path}.partial";
        ExportResult result;
        await using (var file = File.Create(partial))
        {
            result = await new MemoryExport(memory).WriteAsync(file, options, cancellationToken);
            file.Flush(flushToDisk: true);
        }
        File.Move(partial, path, overwrite: true);
        return result;
    }

    // Written into, never replaced by a file: root could.
    private static bool IsDevice(string path) => Path.GetFullPath(path).StartsWith("/dev/", StringComparison.Ordinal);
}

/// <summary>The answer of <c>export</c>.</summary>
internal sealed record ExportReport(string File, long Memories, long Sessions, long Bytes);
