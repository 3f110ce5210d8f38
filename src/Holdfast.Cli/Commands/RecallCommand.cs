using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast recall</c>: finds messages and records by their words.</summary>
internal static class RecallCommand
{
    private static readonly Argument<string> Query = new("query") { Description = "Words in any number; what has more of them comes first." };
    private static readonly Option<string> User = new("--user") { Description = "Only of this user.", HelpName = "ID" };
    private static readonly Option<string> Session = new("--session") { Description = "Only of this session.", HelpName = "ID" };
    private static readonly Option<int> Limit = new("--limit") { Description = "At most this many.", HelpName = "N", DefaultValueFactory = _ => 10 };

    public static Command Create() => CommandFactory.Create("recall", "Finds messages and records that have any of the words, the best first.",
        """holdfast recall "how does maria travel" --user maria""", [Query, User, Session, Limit], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var found = await memory.RecallAsync(invocation.Get(Query), invocation.Get(User), invocation.Get(Session), invocation.Get(Limit), cancellationToken);
        return invocation.Print([.. found.Select(hit => new RecalledItem(Math.Round(hit.Score, 4), MemoryItem.Of(hit.Memory)))], CliJson.Default.ListRecalledItem, writer =>
        {
            if (found.Count == 0) Invocation.Note("nothing found");
            else TextColumns.Write(writer, ["SCORE", "TIME", "SESSION", "WHO", "TEXT"], found.Select(hit => new[]
            {
                hit.Score.ToString("0.000", CultureInfo.InvariantCulture), MemoryItem.TimeText(hit.Memory), hit.Memory.SessionId, MemoryItem.Who(hit.Memory), hit.Memory.Text,
            }));
        });
    }
}

/// <summary>One hit of <c>recall</c>.</summary>
internal sealed record RecalledItem(double Score, MemoryItem Memory);
