using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema plan</c>: what would run, and which locks it takes.</summary>
internal static class SchemaPlanCommand
{
    private static readonly Option<string> To = new("--to") { Description = "The last version.", HelpName = "VERSION" };
    private static readonly Option<bool> Offline = new("--offline") { Description = "Ask no server: all files." };
    private static readonly Option<bool> Sql = new("--sql") { Description = "Print the statements in full." };

    public static Command Create() => CommandFactory.Create("schema plan",
        "What would be applied: each file's phase, each statement with the lock that it takes and on which tables. Nothing is changed.", "holdfast schema plan",
        [To, Offline, Sql, SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = new MigrationOptions { To = invocation.Get(To), OutOfOrder = true };
        var plans = new List<(string Provider, MigrationPlan Plan)>();
        if (invocation.Get(Offline))
        {
            var set = SchemaTargets.Set(invocation);
            plans.Add(("offline", MigrationPlan.Make(set, [], invocation.Get(SchemaTargets.Schema) ?? (set.IsShipped ? invocation.Target.Options.Schema : "public"), options, set.Origin)));
        }
        else
            foreach (var (name, target) in SchemaTargets.Read(invocation, options).Reverse())
                plans.Add((name, await new SchemaMigrator(target).MakePlanAsync(cancellationToken)));
        var files = plans.SelectMany(plan => plan.Plan.Pending).DistinctBy(file => file.File.Script).Select(PlannedFile.Of).ToList();
        var report = new SchemaPlanned([.. plans.Select(plan => new PlannedProvider(plan.Provider, [.. plan.Plan.Pending.Select(file => file.File.Script)], plan.Plan.Unfinished?.Script))], files);
        return invocation.Print(report, CliJson.Default.SchemaPlanned, writer => Write(writer, report, invocation.Get(Sql)));
    }

    private static void Write(TextWriter writer, SchemaPlanned report, bool sql)
    {
        foreach (var provider in report.Providers)
            writer.WriteLine($"{provider.Provider}: {(provider.Pending.Count == 0 ? "up to date" : string.Join(", ", provider.Pending))}{(provider.Unfinished is { } unfinished ? $"; {unfinished} was begun and not ended" : "")}");
        foreach (var file in report.Files)
        {
            writer.WriteLine();
            writer.WriteLine($"{file.Script}  phase {file.Phase}, {(file.Transactional ? "one transaction" : "no transaction")}{(file.Destructive.Count > 0 ? $"  THROWS DATA AWAY: {string.Join(", ", file.Destructive)}" : "")}");
            TextColumns.Write(writer, ["LINE", "LOCK", "ON", "STATEMENT"], file.Statements.Select(statement => new[]
            {
                statement.Line.ToString(System.Globalization.CultureInfo.InvariantCulture), statement.Lock ?? "-", statement.Tables.Count > 0 ? string.Join(", ", statement.Tables) : "-",
                string.Join(' ', statement.Sql.Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries).Take(8)),
            }));
            if (sql) foreach (var statement in file.Statements) writer.WriteLine($"\n{Terminal.Safe(statement.Sql)};");
        }
    }
}

/// <summary>What would run where.</summary>
internal sealed record SchemaPlanned(List<PlannedProvider> Providers, List<PlannedFile> Files);

/// <summary>What a provider lacks.</summary>
internal sealed record PlannedProvider(string Provider, List<string> Pending, string? Unfinished);

/// <summary>A file that would run.</summary>
internal sealed record PlannedFile(string Script, string Phase, bool Transactional, List<string> Destructive, List<PlannedStatement> Statements)
{
    public static PlannedFile Of(PreparedFile file) => new(file.File.Script, MigrationStep.PhaseName(file.Directives.Phase), file.Directives.Transactional,
        [.. Holdfast.Operations.Schema.Sql.DestructiveSql.Find(file.Script).Select(statement => $"{statement.What} (line {statement.Line}, {statement.Rule})")],
        [.. file.Script.Statements.Select(statement => (statement, StatementLock.Of(statement))).Select(pair => new PlannedStatement(pair.statement.Line, pair.Item2.Mode, [.. pair.Item2.Tables], pair.statement.Sql))]);
}

/// <summary>A statement, with the strongest lock that it takes on tables that are there.</summary>
internal sealed record PlannedStatement(int Line, string? Lock, List<string> Tables, string Sql);
