using System.CommandLine;
using System.Text.Json;
using Holdfast.Cli.Output;
using Holdfast.Relay.Conflicts;
using Holdfast.Rows;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay conflicts</c>: list, show, keep, merge.</summary>
internal static class RelayConflictsCommand
{
    private static readonly Argument<Guid> Id = new("id") { Description = "A side of the conflict, as 'holdfast relay conflicts list' prints it." };
    private static readonly Argument<string> Content = new("content") { Description = "The merged value as JSON, whole, as 'show' prints it; '-' reads standard input." };
    private static readonly Option<int> Last = new("--last") { Description = "At most this many rows that lost, the newest.", HelpName = "N", DefaultValueFactory = _ => 20 };

    public static Command Create() => CommandFactory.Group("conflicts", "What two sides changed without knowing of each other: list, show, keep, merge.",
        CommandFactory.Create("relay conflicts list", "Lists values that were changed on two sides at once, with both contents, and rows that lost against another of their key.", "holdfast relay conflicts list", [Last], ListAsync),
        CommandFactory.Create("relay conflicts show", "Shows a conflict: every revision of the value, and which of them stands.", "holdfast relay conflicts show 019aa6d2-7c1e-7000-8000-1c2d3e4f5a6b", [Id], ShowAsync),
        CommandFactory.Create("relay conflicts keep", "Makes one side the value, by a new revision on top of the current one. The others stay in the history.", "holdfast relay conflicts keep 019aa6d2-7c1e-7000-8000-1c2d3e4f5a6b", [Id], KeepAsync),
        CommandFactory.Create("relay conflicts merge", "Settles a conflict with a value of yours, by a new revision on top of the current one.",
            """holdfast relay conflicts merge 019aa6d2-7c1e-7000-8000-1c2d3e4f5a6b '{"category":"llm","name":"model","value":"large"}'""", [Id, Content], MergeAsync));

    private static async Task<ExitCode> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var count = invocation.Get(Last) is >= 0 and var last ? last : throw new CliException(ExitCode.Usage, "--last: say how many.");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var desk = new ConflictDesk(memory.Writer);
        var (open, lost) = (await desk.OpenForksAsync(cancellationToken), await desk.LostAsync(count, cancellationToken));
        var result = new ConflictList([.. await ItemsAsync(desk, open, cancellationToken)],
            [.. lost.Select(row => new LostItem(row.Id, row.Text("target_table")!, (Guid)row["target_id"]!, row.Stamp.ToString(), JsonOf(row.Text("content"))))]);
        return invocation.Print(result, CliJson.Default.ConflictList, writer =>
        {
            if (result.Open.Count + result.Lost.Count == 0) Invocation.Note("no conflict");
            foreach (var conflict in result.Open)
            {
                writer.WriteLine($"{conflict.Register} {Terminal.Safe(conflict.Key)}");
                foreach (var side in conflict.Revisions) writer.WriteLine($"  {side.Id}  {(side.IsCurrent ? "stands" : "lost  ")}  {TextColumns.OneLine(side.Content?.GetRawText() ?? "(erased)")}");
            }
            if (result.Lost.Count == 0) return;
            if (result.Open.Count > 0) writer.WriteLine();
            TextColumns.Write(writer, ["LOST", "TABLE", "ROW THAT STANDS", "CONTENT"], result.Lost.Select(row => new[] { row.Id.ToString(), row.Table, row.RowId.ToString(), row.Content?.GetRawText() ?? "(erased)" }));
        });
    }

    private static async Task<ExitCode> ShowAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var desk = new ConflictDesk(memory.Writer);
        var fork = await FindAsync(desk, invocation.Get(Id), cancellationToken);
        var result = await ItemAsync(desk, fork, await desk.RevisionsAsync(fork, cancellationToken), cancellationToken);
        return invocation.Print(result, CliJson.Default.ConflictItem, writer =>
        {
            writer.WriteLine($"{result.Register} {Terminal.Safe(result.Key)}");
            TextColumns.Write(writer, ["REVISION", "WRITTEN", "MADE FROM", "", "CONTENT"], result.Revisions.Select(revision => new[]
            {
                revision.Id.ToString(), Figures.Time(revision.OccurredAt), revision.Base?.ToString() ?? "-", revision.IsCurrent ? "stands" : revision.IsSide ? "side" : "", revision.Content?.GetRawText() ?? "(erased)",
            }));
        });
    }

    private static Task<ExitCode> KeepAsync(Invocation invocation, CancellationToken cancellationToken) => SettleAsync(invocation, async (desk, fork) =>
        (await desk.RevisionsAsync(fork, cancellationToken)).First(row => row.Id == invocation.Get(Id)).Text("content")
            ?? throw new CliException(ExitCode.Refused, "This revision was erased: it has no content to keep.", "holdfast relay conflicts list"), cancellationToken);

    private static async Task<ExitCode> MergeAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var text = invocation.Get(Content) is "-" ? await StandardInput.ReadTextAsync(cancellationToken) : invocation.Get(Content);
        var content = JsonContent.Parse("content", text);
        if (!content.StartsWith('{')) throw new CliException(ExitCode.Usage, "content: the value of a register is a JSON object, as 'holdfast relay conflicts show' prints it.");
        return await SettleAsync(invocation, (_, _) => Task.FromResult(content), cancellationToken);
    }

    private static async Task<ExitCode> SettleAsync(Invocation invocation, Func<ConflictDesk, RevisionFork, Task<string>> decide, CancellationToken cancellationToken)
    {
        invocation.AnnounceTarget();
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var desk = new ConflictDesk(memory.Writer);
        var fork = await FindAsync(desk, invocation.Get(Id), cancellationToken);
        var content = await decide(desk, fork);
        var name = $"{fork.Register} {fork.Key}";
        if (invocation.DryRun)
            return invocation.Print(new ConflictSettled(fork.Register.Name, fork.Key, null, JsonOf(content)), CliJson.Default.ConflictSettled, writer => writer.WriteLine($"{Terminal.Safe(name)}  would become {TextColumns.OneLine(content)}"));
        var revision = await desk.SettleAsync(fork, content, cancellationToken);
        var current = await desk.CurrentAsync(fork, cancellationToken);
        if (current?.Content != content)
            throw new CliException(ExitCode.Conflict, $"{name} was changed by somebody else at the same moment: revision {current?.Revision} stands. Yours is in the history.", "holdfast relay conflicts list");
        return invocation.Print(new ConflictSettled(fork.Register.Name, fork.Key, revision.ToString(), JsonOf(content)), CliJson.Default.ConflictSettled, writer => writer.WriteLine($"{Terminal.Safe(name)} = {TextColumns.OneLine(content)}  (revision {revision})"));
    }

    private static async Task<RevisionFork> FindAsync(ConflictDesk desk, Guid id, CancellationToken cancellationToken)
    {
        if (await desk.FindAsync(id, cancellationToken) is { } fork) return fork;
        if ((await desk.LostAsync(int.MaxValue, cancellationToken)).Any(row => row.Id == id || (Guid)row["target_id"]! == id))
            throw new CliException(ExitCode.Refused, "This is a row that lost against an earlier one of its key, and the first one stands for good. 'holdfast relay conflicts list' shows both; if it is wanted, write it again under another key.");
        throw new CliException(ExitCode.NotFound, $"No open conflict has a side {id}.", "holdfast relay conflicts list");
    }

    private static async Task<List<ConflictItem>> ItemsAsync(ConflictDesk desk, IReadOnlyList<RevisionFork> forks, CancellationToken cancellationToken)
    {
        var items = new List<ConflictItem>();
        foreach (var fork in forks) items.Add(await ItemAsync(desk, fork, fork.Sides, cancellationToken));
        return items;
    }

    private static async Task<ConflictItem> ItemAsync(ConflictDesk desk, RevisionFork fork, IReadOnlyList<Row> revisions, CancellationToken cancellationToken)
    {
        var current = (await desk.CurrentAsync(fork, cancellationToken))?.Revision;
        return new ConflictItem(fork.Register.Name, fork.Key, [.. revisions.Select(row => new RevisionItem(
            row.Id, row.OccurredAt, (Guid?)row["base"], row.Stamp == current, fork.Sides.Any(side => side.Id == row.Id), JsonOf(row.Text("content"))))]);
    }

    private static JsonElement? JsonOf(string? content) => content is null ? null : JsonContent.Read(content);
}

/// <summary>What is open, and what has lost.</summary>
internal sealed record ConflictList(List<ConflictItem> Open, List<LostItem> Lost);

/// <summary>A value that was changed on two sides at once.</summary>
internal sealed record ConflictItem(string Register, string Key, List<RevisionItem> Revisions);

internal sealed record RevisionItem(Guid Id, DateTimeOffset OccurredAt, Guid? Base, bool IsCurrent, bool IsSide, JsonElement? Content);

/// <summary>A row that lost against another of its key.</summary>
internal sealed record LostItem(Guid Id, string Table, Guid RowId, string Stamp, JsonElement? Content);

/// <summary>What a conflict was settled with.</summary>
internal sealed record ConflictSettled(string Register, string Key, string? Revision, JsonElement? Content);
