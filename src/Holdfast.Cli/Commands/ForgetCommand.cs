using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast forget</c>: the right to be forgotten, with a receipt per store.</summary>
internal static class ForgetCommand
{
    private const string Backups = "Backups made before now keep the content until they expire. A restore forgets it again through the relay, which brings the erasure before any other row.";

    private static readonly Option<string> User = new("--user") { Description = "The user to forget.", HelpName = "ID" };
    private static readonly Option<string> Session = new("--session") { Description = "The session to forget.", HelpName = "ID" };

    public static Command Create() => CommandFactory.Create("forget",
        "Forgets a user or a session for good: empties the content in every store and in what arrives later. It cannot be undone. Exit code 10: a store is not emptied yet, and forgets by itself.",
        "holdfast forget --user maria --yes", [User, Session], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (user, session) = (invocation.Get(User), invocation.Get(Session));
        if (user is null == session is null) throw new CliException(ExitCode.Usage, "Say whom to forget: --user ID or --session ID, one of the two.", "holdfast forget --help");
        var whom = user is not null ? $"user '{user}'" : $"session '{session}'";
        invocation.AnnounceTarget();
        if (!invocation.DryRun) Confirmation.Require(invocation, $"Forget {whom} in every store, for good?");
        await using var memory = await invocation.OpenAsync(cancellationToken);
        if (invocation.DryRun) return PrintCounts(invocation, user, session, await memory.Forgetting.CountAsync(user, session, cancellationToken));
        var receipt = user is not null ? await memory.ForgetUserAsync(user, cancellationToken) : await memory.ForgetSessionAsync(session!, cancellationToken);
        return Print(invocation, whom, receipt);
    }

    private static ExitCode Print(Invocation invocation, string whom, ForgetReceipt receipt)
    {
        var report = new ForgetReport(false, receipt.UserId, receipt.SessionId, receipt.Through.ToString(), receipt.At, receipt.IsComplete,
            [.. receipt.Stores.Select(store => new ForgetItem(store.Store, Naming.Snake(store.State.ToString()), store.Rows, store.Reason))], Backups);
        return invocation.Print(report, CliJson.Default.ForgetReport, writer =>
        {
            Write(writer, report);
            writer.WriteLine($"{whom} is forgotten through {report.Through}.");
            foreach (var (state, sentence) in (ReadOnlySpan<(ForgetState, string)>)
            [
                (ForgetState.Running, "what ran before may still write there, or bytes are still being overwritten; it is swept again until nothing is left, by any process that has it open"),
                (ForgetState.Waiting, "it has not forgotten yet; it gets the erasure when it returns, before any other row, and forgets then"),
            ])
                foreach (var store in receipt.Stores.Where(store => store.State == state)) writer.WriteLine($"{store.Store}: {sentence}.");
            writer.WriteLine(Backups);
        }, report.Complete ? ExitCode.Done : ExitCode.Findings);
    }

    private static ExitCode PrintCounts(Invocation invocation, string? user, string? session, IReadOnlyList<StoreAnswer<ErasureLook>> answers)
    {
        if (answers.All(answer => answer.Error is not null)) throw answers[0].Error!;
        var report = new ForgetReport(true, user, session, null, null, false,
            [.. answers.Select(answer => answer.Error is { } error ? new ForgetItem(answer.Store, "would_wait", null, error.Message) : new ForgetItem(answer.Store, "would_be_emptied", answer.Value.RowsWithContent, null))], Backups);
        return invocation.Print(report, CliJson.Default.ForgetReport, writer =>
        {
            Write(writer, report);
            writer.WriteLine("Nothing was changed.");
        });
    }

    private static void Write(TextWriter writer, ForgetReport report) => TextColumns.Write(writer, ["STORE", "STATE", "ROWS", "WHY"], report.Stores.Select(store => new[]
    {
        store.Store, store.State.Replace('_', ' '), store.Rows is { } rows ? Figures.Count(rows) : "?", store.Reason ?? "-",
    }));
}

/// <summary>What was forgotten and where; a dry run has no stamp and no time, and counts the rows that have content.</summary>
internal sealed record ForgetReport(bool DryRun, string? UserId, string? SessionId, string? Through, DateTimeOffset? At, bool Complete, IReadOnlyList<ForgetItem> Stores, string Backups);

/// <summary>One store's part.</summary>
internal sealed record ForgetItem(string Store, string State, long? Rows, string? Reason);
