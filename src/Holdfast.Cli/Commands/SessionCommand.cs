using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast session</c>: list, show, delete, restore.</summary>
internal static class SessionCommand
{
    private static readonly Argument<string> Id = new("id") { Description = "The session's id." };
    private static readonly Option<string> User = new("--user") { Description = "Only of this user.", HelpName = "ID" };
    private static readonly Option<bool> Deleted = new("--deleted") { Description = "Also those that were deleted." };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most this many.", HelpName = "N", DefaultValueFactory = _ => 100 };
    private static readonly Option<int> Last = new("--last") { Description = "Only the last N.", HelpName = "N" };

    public static Command Create() => CommandFactory.Group("session", "Conversations: list, show, delete, restore.",
        CommandFactory.Create("session list", "Lists sessions, those changed last first.", "holdfast session list --user maria", [User, Deleted, Limit], ListAsync),
        CommandFactory.Create("session show", "Prints a session's messages and records in their order.", "holdfast session show trip --last 20", [Id, Last], ShowAsync),
        CommandFactory.Create("session delete", "Hides a session. Nothing is lost: 'session restore' brings it back.", "holdfast session delete trip", [Id], (invocation, token) => ChangeAsync(invocation, "deleted", token)),
        CommandFactory.Create("session restore", "Brings a deleted session back.", "holdfast session restore trip", [Id], (invocation, token) => ChangeAsync(invocation, "restored", token)));

    private static async Task<ExitCode> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var sessions = await memory.ListSessionsAsync(invocation.Get(User), invocation.Get(Deleted), null, invocation.Get(Limit), cancellationToken).ToListAsync(cancellationToken);
        return invocation.Print([.. sessions.Select(SessionItem.Of)], CliJson.Default.ListSessionItem, writer =>
        {
            if (sessions.Count == 0) Invocation.Note("no sessions");
            else TextColumns.Write(writer, ["ID", "USER", "STARTED", "STATE", "TITLE"], sessions.Select(info => new[]
            {
                info.Id, info.UserId ?? "-", info.StartedAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), info.IsDeleted ? "deleted" : "alive", info.Title ?? "-",
            }));
        });
    }

    private static async Task<ExitCode> ShowAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var id = invocation.Get(Id);
        var session = await memory.ResumeSessionAsync(id, cancellationToken) ?? throw await MissingAsync(memory, id, cancellationToken);
        if (invocation.Json)
        {
            var memories = invocation.Get(Last) is > 0 and var last ? await session.LoadLastAsync(last, cancellationToken) : await session.LoadAsync(cancellationToken);
            var info = await session.GetInfoAsync(cancellationToken);
            return invocation.Print(new SessionContent(SessionItem.Of(info!), [.. memories.Select(MemoryItem.Of)]), CliJson.Default.SessionContent, _ => { });
        }
        // As it is read: a long session does not wait in memory.
        var source = invocation.Get(Last) is > 0 and var count ? (await session.LoadLastAsync(count, cancellationToken)).ToAsyncEnumerable() : session.ReadAsync(cancellationToken: cancellationToken);
        await foreach (var item in source.WithCancellation(cancellationToken))
            Console.Out.WriteLine($"{MemoryItem.TimeText(item)}  {Terminal.Safe(MemoryItem.Who(item))}: {Terminal.Safe(item.Text)}");
        return ExitCode.Done;
    }

    private static async Task<ExitCode> ChangeAsync(Invocation invocation, string change, CancellationToken cancellationToken)
    {
        var id = invocation.Get(Id);
        invocation.AnnounceTarget();
        await using var memory = await invocation.OpenAsync(cancellationToken);
        if (await memory.GetSessionInfoAsync(id, cancellationToken) is null) throw await MissingAsync(memory, id, cancellationToken);
        if (invocation.DryRun) return invocation.Print(new ChangeReport(id, $"would_be_{change}"), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{id}  would be {change}"));
        if (change == "deleted") await memory.DeleteSessionAsync(id, cancellationToken);
        else await memory.RestoreSessionAsync(id, cancellationToken);
        // Not what was asked for: what the store says now.
        var deleted = (await memory.GetSessionInfoAsync(id, cancellationToken))!.IsDeleted;
        if (deleted != (change == "deleted")) throw new CliException(ExitCode.VerificationFailed, $"Session '{id}' was to be {change}, but reads as {(deleted ? "deleted" : "alive")}: somebody changed it at the same time.");
        return invocation.Print(new ChangeReport(id, change), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{id}  {change}"));
    }

    private static async Task<CliException> MissingAsync(AgentMemory memory, string id, CancellationToken cancellationToken) =>
        await memory.GetSessionInfoAsync(id, cancellationToken) is { IsDeleted: true }
            ? new CliException(ExitCode.NotFound, $"Session '{id}' was deleted.", $"holdfast session restore {id}")
            : new CliException(ExitCode.NotFound, $"There is no session '{id}' in {memory.Address}.", "holdfast session list");
}

/// <summary>A session as the command line prints it.</summary>
internal sealed record SessionItem(string Id, string? UserId, string? Title, JsonElement? Metadata, string Revision, string StartedAt, bool Deleted)
{
    public static SessionItem Of(SessionInfo info) => new(info.Id, info.UserId, info.Title, info.Metadata, info.Revision.ToString(),
        info.StartedAt.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture), info.IsDeleted);
}

internal sealed record SessionContent(SessionItem Session, List<MemoryItem> Memories);

/// <summary>What a changing command did to what.</summary>
internal sealed record ChangeReport(string Subject, string Change);
