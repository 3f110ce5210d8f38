using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary>What a migration that was cancelled has left, read again: a commit may just have come through.</summary>
internal static class CancelledMigration
{
    // The program is ended by force five seconds after Ctrl-C.
    private static readonly TimeSpan LookMax = TimeSpan.FromSeconds(2);

    /// <param name="invocation">The run.</param>
    /// <param name="targets">The servers in the order in which they are changed.</param>
    /// <param name="begun">The files that this run began, by provider.</param>
    public static async Task<CliError> TellAsync(Invocation invocation, IReadOnlyList<(string Name, MigrationTarget Target)> targets, ILookup<string, string> begun)
    {
        var told = await Task.WhenAll(targets.Select(one => TellAsync(one.Name, one.Target, [.. begun[one.Name].Distinct()])));
        var next = told.Any(one => one.IsCut) ? "resume" : "migrate";
        string Line(string verb) => string.Join(" ", Own(invocation, verb).Prepend($"holdfast schema {verb}"));
        return new CliError(ExitCode.Cancelled, $"Cancelled. {string.Join(" ", told.Select(one => one.Text))}", $"{Line("status")}, then {Line(next)}");
    }

    private static async Task<(string Text, bool IsCut)> TellAsync(string name, MigrationTarget target, IReadOnlyList<string> begun)
    {
        using var limit = new CancellationTokenSource(LookMax);
        try
        {
            var rows = await target.ReadAsync(limit.Token);
            var plan = target.Plan(rows);
            var parts = new List<string>();
            var done = begun.Where(script => rows.LastOrDefault(row => row.Script == script) is { State: "applied" } && plan.Pending.All(file => file.File.Script != script)).ToList();
            if (done.Count > 0) parts.Add($"applied {string.Join(", ", done)}");
            var cut = plan.Unfinished is { } row && begun.Contains(row.Script) ? row : null;
            if (cut is not null) parts.Add($"{cut.Script} is cut: {cut.LastStatement} of {cut.Statements} statements are done and stand");
            // Somebody else's, whom it has waited for.
            else if (plan.Unfinished is not null && (await SchemaLook.AtAsync(target, limit.Token)).Problem is { } problem) parts.Add(problem);
            if (plan.Pending.Count > 0) parts.Add($"not applied {string.Join(", ", plan.Pending.Select(file => begun.Contains(file.File.Script) ? $"{file.File.Script} (rolled back)" : file.File.Script))}");
            return ($"{name}: {(parts.Count == 0 ? "up to date" : string.Join("; ", parts))}.", cut is not null);
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException)
        {
            return ($"{name}: what was applied is not known{(e is HoldfastException ? $" ({e.Message})" : ", it did not answer in time")}.", false);
        }
    }

    // What the line was said with, as far as the next command takes it: without it that would change other servers, or more of them.
    private static IEnumerable<string> Own(Invocation invocation, string verb)
    {
        (string Name, string? Value)[] said =
        [
            ("--directory", invocation.Get(SchemaTargets.Directory)?.ToString()), ("--schema", invocation.Get(SchemaTargets.Schema)),
            ("--provider", invocation.Get(GlobalOptions.Provider)), ("--url-file", invocation.Get(GlobalOptions.UrlFile)?.ToString()),
            .. verb == "status" ? [] : ((string, string?)[])[("--ignore-file", invocation.Get(SchemaDriftCommand.Ignore)?.ToString())],
            .. verb == "migrate" ? ((string, string?)[])[("--to", invocation.Get(SchemaMigrateCommand.To)), ("--phase", invocation.Get(SchemaMigrateCommand.Phase))] : [],
        ];
        foreach (var (name, value) in said)
            if (value is not null) yield return $"{name} {ShellWord.Of(value)}";
        if (verb == "migrate" && invocation.Get(SchemaMigrateCommand.OutOfOrder)) yield return "--out-of-order";
    }
}
