using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Holdfast.Cli.Output;
using Holdfast.Rows;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast remember</c>: appends one message or record.</summary>
internal static class RememberCommand
{
    private static readonly Argument<string> Text = new("text") { Description = "What to remember; '-' reads standard input." };
    private static readonly Option<string> Session = new("--session") { Description = "The session; it is started if there is none of that id.", HelpName = "ID", Required = true };
    private static readonly Option<string> User = new("--user") { Description = "The user that the session is about.", HelpName = "ID" };
    private static readonly Option<string> Role = new("--role") { Description = "Who said it: user (default), assistant, system or tool.", HelpName = "ROLE" };
    private static readonly Option<string> Type = new("--type") { Description = "A typed record instead of a message: context, action, issue, decision, log or summary.", HelpName = "TYPE" };
    private static readonly Option<bool> AsJson = new("--content-json") { Description = "The text is JSON, to be kept as such." };
    private static readonly Option<string> Key = new("--key") { Description = "Your key for it: the same key twice is one row.", HelpName = "KEY" };
    private static readonly Option<string> Author = new("--author") { Description = "Who said it, where the role does not tell.", HelpName = "NAME" };
    private static readonly Option<string> Metadata = new("--metadata") { Description = "Anything else about it, as JSON.", HelpName = "JSON" };
    private static readonly Option<string> At = new("--at") { Description = "When it happened (RFC 3339); now by default.", HelpName = "TIME" };

    public static Command Create() => CommandFactory.Create("remember", "Appends a message or a typed record to a session.",
        """holdfast remember "I would rather take the train." --session trip --user maria""",
        [Text, Session, User, Role, Type, AsJson, Key, Author, Metadata, At], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var type = TypeOf(invocation.Get(Role), invocation.Get(Type));
        var text = invocation.Get(Text) is "-" ? await StandardInput.ReadTextAsync(cancellationToken) : invocation.Get(Text);
        var options = new AppendOptions
        {
            Key = invocation.Get(Key),
            Author = invocation.Get(Author),
            OccurredAt = invocation.Get(At) is { } at ? TimeOf(at) : null,
            Metadata = invocation.Get(Metadata) is { } metadata ? JsonOf("metadata", metadata) : null,
        };
        var content = invocation.Get(AsJson) ? JsonOf("text", text) : (JsonElement?)null;
        // Refused here, before anything is opened, or not at all.
        _ = content is { } json ? JsonContent.Of("content", json) : JsonContent.OfText("content", text);
        Check.Id("session_id", invocation.Get(Session));
        invocation.AnnounceTarget();
        if (invocation.DryRun)
            return invocation.Print(new Remembered(null, null, "dry_run", null, []), CliJson.Default.Remembered, writer => writer.WriteLine($"would append a {EnumText<MemoryType>.Of(type)} to session {invocation.Get(Session)}"));

        await using var memory = await invocation.OpenAsync(cancellationToken);
        var session = await memory.OpenSessionAsync(invocation.Get(Session)!, invocation.Get(User), cancellationToken);
        var receipt = content is { } value
            ? await session.RecordAsync(type, value, options, cancellationToken)
            : await session.RecordAsync(type, text, options, cancellationToken);
        if (receipt.Outcome == AppendOutcome.KeyConflict)
            throw new CliException(ExitCode.Conflict, $"The key '{options.Key}' stands for another content in session '{session.Id}' already (row {receipt.Id}). The earlier content stays; yours is kept among the conflicts.", "Use another key for another content.");
        var answer = new Remembered(receipt.Id, receipt.Stamp.ToString(), Naming.Snake(receipt.Outcome.ToString()), receipt.Reached is { } reached ? Naming.Snake(reached.ToString()) : null, receipt.Holders);
        return invocation.Print(answer, CliJson.Default.Remembered, writer => writer.WriteLine($"{receipt.Id}  {(receipt.Outcome == AppendOutcome.AlreadyStored ? "was there already" : "stored")}{Holders(receipt)}"));
    }

    // Where the memory is a set of providers: who has it by now.
    private static string Holders(AppendReceipt receipt) => receipt switch
    {
        { Reached: null } => "",
        { Holders.Count: 0 } => "  in the local file only: no provider answered; it goes out when one does (holdfast status)",
        _ => $"  at {string.Join(", ", receipt.Holders)}",
    };

    private static MemoryType TypeOf(string? role, string? type)
    {
        if (role is not null && type is not null) throw new CliException(ExitCode.Usage, "--role and --type exclude each other: a message has a role, a record has a type.");
        var name = type ?? $"message_{role ?? "user"}";
        return EnumText<MemoryType>.TryParse(name, out var value) && value != MemoryType.SessionMetadata ? value
            : throw new CliException(ExitCode.Usage, $"'{type ?? role}' is none of: {string.Join(", ", EnumText<MemoryType>.All.Where(text => text != "session_metadata").Select(text => text.Replace("message_", "", StringComparison.Ordinal)))}.");
    }

    private static DateTimeOffset TimeOf(string text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
            : throw new CliException(ExitCode.Usage, $"--at: '{text}' is no time; write it like 2026-11-21T09:30:00Z.");

    internal static JsonElement JsonOf(string field, string text) => JsonElement.Parse(JsonContent.Parse(field, text));
}

/// <summary>The answer of <c>remember</c>.</summary>
internal sealed record Remembered(Guid? Id, string? Stamp, string Outcome, string? Reached, IReadOnlyList<string> Holders);
