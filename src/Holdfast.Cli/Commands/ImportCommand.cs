using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast import</c>: JSONL or OpenAI-style messages into the memory.</summary>
internal static class ImportCommand
{
    private static readonly Argument<string> Source = new("file") { Description = "The file; '-' reads standard input." };
    private static readonly Option<string> Session = new("--session") { Description = "The session of lines that name none.", HelpName = "ID" };
    private static readonly Option<string> User = new("--user") { Description = "The user of lines that name none.", HelpName = "ID" };
    private static readonly Option<string> Rejects = new("--rejects") { Description = "Copy lines that cannot be kept to this file.", HelpName = "FILE" };

    public static Command Create() => CommandFactory.Create("import",
        "Imports Holdfast JSONL, or OpenAI-style messages. Importing twice adds nothing. A bad line is reported and the others go in (exit code 10).",
        "holdfast import memory.jsonl --rejects bad-lines.jsonl", [Source, Session, User, Rejects], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var file = invocation.Get(Source);
        await using var source = file == "-" ? Console.OpenStandardInput() : File.OpenRead(file);
        invocation.AnnounceTarget();
        // A trial goes into a file of its own: every line is checked as the real import would, and the memory is not touched.
        var trial = invocation.DryRun ? Directory.CreateTempSubdirectory("holdfast-trial-").FullName : null;
        try
        {
            await using var memory = trial is null
                ? await invocation.OpenAsync(cancellationToken)
                : await AgentMemory.OpenAsync(new HoldfastOptions { Home = trial, TenantId = invocation.Target.Options.TenantId }, cancellationToken);
            return await ImportAsync(invocation, memory, file, source, cancellationToken);
        }
        finally
        {
            if (trial is not null) Directory.Delete(trial, recursive: true);
        }
    }

    private static async Task<ExitCode> ImportAsync(Invocation invocation, AgentMemory memory, string file, Stream source, CancellationToken cancellationToken)
    {
        await using var rejects = invocation.Get(Rejects) is { } path ? File.Create(path) : null;
        using var progress = new ProgressLine("lines", source.CanSeek ? source.Length : 0);
        var import = new MemoryImport(memory, new ImportOptions
        {
            FileName = file == "-" ? "stdin" : file,
            SessionId = invocation.Get(Session),
            UserId = invocation.Get(User),
            Rejects = rejects,
            Rejected = new ToldProgress<ImportReject>(reject => Invocation.Note(reject.ToString())),
            Progress = new ToldProgress<ImportProgress>(now => progress.Report(now.Lines, now.Bytes)),
        });
        var result = await import.ReadAsync(source, cancellationToken);
        progress.Dispose();
        return invocation.Print(ImportReport.Of(result), CliJson.Default.ImportReport, writer => Write(writer, result, invocation.DryRun), result.Rejected > 0 ? ExitCode.Findings : ExitCode.Done);
    }

    private static void Write(TextWriter writer, ImportResult result, bool trial)
    {
        string Number(long count) => count.ToString("N0", CultureInfo.InvariantCulture);
        if (trial) writer.WriteLine($"{Number(result.Imported)} lines can be imported, {Number(result.Rejected)} would be rejected; which of them are there already was not looked up");
        else writer.WriteLine($"{Number(result.Imported)} imported, {Number(result.Already)} were there already, {Number(result.Rejected)} rejected ({Number(result.Lines)} lines)");
        if (result.KeyConflicts > 0) writer.WriteLine($"{Number(result.KeyConflicts)} had the key of a row with other content; that row stands, they are kept among the conflicts");
        if (result.Erased > 0) writer.WriteLine($"{Number(result.Erased)} belong to somebody who was forgotten; they are stored without content");
        if (result.IgnoredFields.Count > 0) writer.WriteLine($"members that were not read: {string.Join(", ", result.IgnoredFields)}");
    }
}

/// <summary>Passes progress on at once, on the thread that reports it.</summary>
internal sealed class ToldProgress<T>(Action<T> tell) : IProgress<T>
{
    public void Report(T value) => tell(value);
}

/// <summary>The answer of <c>import</c>.</summary>
internal sealed record ImportReport(long Lines, long Imported, long Already, long KeyConflicts, long Erased, long Rejected, List<string> Rejects, IReadOnlyList<string> IgnoredFields)
{
    public static ImportReport Of(ImportResult result) => new(result.Lines, result.Imported, result.Already, result.KeyConflicts, result.Erased, result.Rejected,
        [.. result.Rejects.Select(reject => reject.ToString())], result.IgnoredFields);
}
