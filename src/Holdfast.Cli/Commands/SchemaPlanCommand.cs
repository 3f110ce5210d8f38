using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Lint;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Rehearsal;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema plan</c>: what would run, and which locks it takes.</summary>
internal static class SchemaPlanCommand
{
    private static readonly Option<string> To = new("--to") { Description = "The last version.", HelpName = "VERSION" };
    private static readonly Option<bool> Offline = new("--offline") { Description = "Ask no server: all files." };
    private static readonly Option<bool> Rehearse = new("--rehearse") { Description = "Apply it, take it back and apply it again in a scratch database on each provider's server." };
    private static readonly Option<bool> Sql = new("--sql") { Description = "Print the statements in full." };

    public static Command Create() => CommandFactory.Create("schema plan",
        "What would be applied: each file's phase, each statement with the lock that it takes and on which tables, what lint says. Nothing is changed.", "holdfast schema plan --rehearse",
        [To, Offline, Rehearse, Sql, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        if (invocation.Get(Offline) && invocation.Get(Rehearse)) throw new CliException(ExitCode.Usage, "--rehearse needs a server, and --offline asks none.");
        var options = new MigrationOptions { To = invocation.Get(To), OutOfOrder = true };
        IReadOnlyList<ServerReport<MigrationPlan>> plans;
        var rehearsals = new List<Rehearsed>();
        if (invocation.Get(Offline))
        {
            var set = SchemaTargets.Set(invocation);
            plans = [new("offline", MigrationPlan.Make(set, [], invocation.Get(SchemaTargets.Schema) ?? (set.IsShipped ? invocation.Target.Options.Schema : "public"), options, set.Origin), null)];
        }
        else
        {
            var targets = SchemaTargets.Read(invocation, options).Reverse().ToList();
            plans = await ServerReports.ReadAsync(targets, target => new SchemaMigrator(target).MakePlanAsync(cancellationToken), cancellationToken);
            foreach (var (name, target) in targets.Where(target => invocation.Get(Rehearse) && plans.Any(plan => plan.Name == target.Name && plan.Error is null)))
            {
                Invocation.Note($"rehearsing on {name}  {target.Name}");
                rehearsals.Add(Rehearsed.Of(name, await new SchemaRehearsal(target).RunAsync(new SchemaProgress(name), cancellationToken)));
            }
        }
        var files = plans.SelectMany(plan => plan.Result?.Pending ?? []).DistinctBy(file => file.File.Script).Select(PlannedFile.Of).ToList();
        var report = new SchemaPlanned([.. plans.Select(PlannedProvider.Of)], files, invocation.Get(Rehearse) ? rehearsals : null);
        invocation.Print(report, CliJson.Default.SchemaPlanned, writer => Write(writer, report, invocation.Get(Sql)));
        return End(invocation, report, plans);
    }

    private static ExitCode End(Invocation invocation, SchemaPlanned report, IReadOnlyList<ServerReport<MigrationPlan>> plans)
    {
        if (report.Rehearsals?.FirstOrDefault(rehearsed => !rehearsed.Holds) is { } wrong)
            return invocation.Note(new CliError(ExitCode.VerificationFailed, $"{wrong.Provider}: {(wrong.LeftByUndo.Count > 0 ? "the undo files do not lead back" : "applied a second time it comes out otherwise")}: {(wrong.LeftByUndo.Count > 0 ? wrong.LeftByUndo : wrong.LeftByRepeat)[0]}", "mend the files; 'holdfast schema plan --rehearse --json' lists all that differs"));
        if (ServerReports.End(invocation, plans) is var code and not ExitCode.Done) return code;
        if (report.Providers.FirstOrDefault(provider => provider.OutOfOrder is { Count: > 0 }) is { } late)
            return invocation.Note(new CliError(ExitCode.Findings, $"{late.Provider}: 'schema migrate' refuses {string.Join(", ", late.OutOfOrder!)}: a higher version was applied already.", "Give the file a higher number, or: holdfast schema migrate --out-of-order"));
        return report.Files.Sum(file => file.Lint.Count) is > 0 and var found
            ? invocation.Note(new CliError(ExitCode.Findings, $"{found} statements may stop the application while they run.", "holdfast schema lint FILE")) : ExitCode.Done;
    }

    private static void Write(TextWriter writer, SchemaPlanned report, bool sql)
    {
        foreach (var provider in report.Providers) writer.WriteLine($"{provider.Provider}: {Lack(provider)}");
        foreach (var rehearsed in report.Rehearsals ?? [])
            writer.WriteLine($"{rehearsed.Provider}: rehearsed: {(rehearsed.Applied.Count == 0 ? "nothing to apply" : $"applied {string.Join(", ", rehearsed.Applied)}{(rehearsed.WithoutUndo.Count > 0 ? $"; the way back was not tried, as {string.Join(", ", rehearsed.WithoutUndo)} cannot be taken back" : ", taken back, applied again")}")}");
        foreach (var difference in (report.Rehearsals ?? []).SelectMany(rehearsed => rehearsed.LeftByUndo.Select(text => $"after the undo: {text}").Concat(rehearsed.LeftByRepeat.Select(text => $"applied again: {text}"))))
            writer.WriteLine($"  {difference}");
        foreach (var file in report.Files)
        {
            writer.WriteLine();
            writer.WriteLine($"{file.Script}  phase {file.Phase}, {(file.Transactional ? "one transaction" : "no transaction")}{(file.Destructive.Count > 0 ? $"  THROWS DATA AWAY: {string.Join(", ", file.Destructive)}" : "")}");
            TextColumns.Write(writer, ["LINE", "LOCK", "ON", "STATEMENT"], file.Statements.Select(statement => new[]
            {
                statement.Line.ToString(System.Globalization.CultureInfo.InvariantCulture), statement.Lock ?? "-", statement.Tables.Count > 0 ? string.Join(", ", statement.Tables) : "-",
                string.Join(' ', statement.Sql.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Take(8)),
            }));
            foreach (var finding in file.Lint) writer.WriteLine($"  {finding}");
            if (sql) foreach (var statement in file.Statements) writer.WriteLine($"\n{Terminal.Safe(statement.Sql)};");
        }
    }

    private static string Lack(PlannedProvider provider)
    {
        if (provider.Pending is not { } pending) return $"not read: {Terminal.Safe(provider.Problem!)}";
        var files = pending.Select(script => provider.OutOfOrder?.Contains(script) == true ? $"{script} (out of order: migrate needs --out-of-order)" : script);
        return $"{(pending.Count == 0 ? "up to date" : string.Join(", ", files))}{(provider.Unfinished is { } unfinished ? $"; {unfinished} was begun and not ended" : "")}";
    }
}

/// <summary>What would run where.</summary>
internal sealed record SchemaPlanned(List<PlannedProvider> Providers, List<PlannedFile> Files, List<Rehearsed>? Rehearsals);

/// <summary>What a rehearsal on a provider's server came to.</summary>
internal sealed record Rehearsed(string Provider, bool Holds, List<string> Applied, List<string> WithoutUndo, List<string> LeftByUndo, List<string> LeftByRepeat)
{
    public static Rehearsed Of(string provider, RehearsalReport report) =>
        new(provider, report.Holds, [.. report.Applied.Select(step => step.Script)], [.. report.WithoutUndo], [.. report.LeftByUndo], [.. report.LeftByRepeat]);
}

/// <summary>What a provider lacks, and what of it only <c>--out-of-order</c> applies; or why that is not known.</summary>
internal sealed record PlannedProvider(string Provider, List<string>? Pending, string? Unfinished, List<string>? OutOfOrder, string? Problem)
{
    public static PlannedProvider Of(ServerReport<MigrationPlan> report) => report.Result is not { } plan ? new(report.Name, null, null, null, report.Problem)
        : new(report.Name, [.. plan.Pending.Select(file => file.File.Script)], plan.Unfinished?.Script, [.. plan.OutOfOrder], null);
}

/// <summary>A file that would run.</summary>
internal sealed record PlannedFile(string Script, string Phase, bool Transactional, List<string> Destructive, List<string> Lint, List<PlannedStatement> Statements)
{
    public static PlannedFile Of(PreparedFile file) => new(file.File.Script, MigrationStep.PhaseName(file.Directives.Phase), file.Directives.Transactional,
        [.. Holdfast.Operations.Schema.Sql.DestructiveSql.Find(file.Script).Select(statement => $"{statement.What} (line {statement.Line}, {statement.Rule})")],
        [.. SqlLint.Check(file.Script, file.Directives.Transactional).Select(finding => $"line {finding.Line}: {finding.Rule}: {finding.Message} {finding.Remedy}")],
        [.. file.Script.Statements.Select(statement => (statement, StatementLock.Of(statement))).Select(pair => new PlannedStatement(pair.statement.Line, pair.Item2.Mode, [.. pair.Item2.Tables], pair.statement.Sql))]);
}

/// <summary>A statement, with the strongest lock that it takes on tables that are there.</summary>
internal sealed record PlannedStatement(int Line, string? Lock, List<string> Tables, string Sql);
