using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Constraints;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema constraint</c>: list, check; fix stands in a file of its own.</summary>
internal static class SchemaConstraintCommand
{
    public static Command Create() => CommandFactory.Group("constraint", "The CHECKs of a server against the enums in code: list, check, fix.",
        CommandFactory.Create("schema constraint list", "Lists every CHECK of the schema on each provider, and how it stands to its enum in code.",
            "holdfast schema constraint list", [], (invocation, cancellationToken) => RunAsync(invocation, countRows: false, cancellationToken)),
        CommandFactory.Create("schema constraint check", "Compares every CHECK with its enum in code and counts the rows that would break it. Exit code 9 when something differs.",
            "holdfast schema constraint check --provider main", [], (invocation, cancellationToken) => RunAsync(invocation, countRows: true, cancellationToken)),
        SchemaConstraintFixCommand.Create());

    private static async Task<ExitCode> RunAsync(Invocation invocation, bool countRows, CancellationToken cancellationToken)
    {
        // A check judges; a list shows what is there.
        var reached = await ServerReports.ReadAsync(invocation, server => new ConstraintInspection(ProviderEndpoints.Control(server), invocation.Target.Options.Schema).RunAsync(countRows, cancellationToken), cancellationToken);
        var providers = reached.Select(one => new ConstraintProviderItem(one.Name, one.Problem, [.. (one.Result ?? []).Select(Item)])).ToList();
        invocation.Print(providers, CliJson.Default.ListConstraintProviderItem, writer => Write(writer, providers, countRows));
        var wrong = reached.SelectMany(one => (one.Result ?? []).Where(status => !status.IsRight).Select(status => $"{one.Name}: {status.Name} {Naming.Snake(status.State.ToString()).Replace('_', ' ')}")).ToList();
        if (countRows && wrong.Count > 0) return invocation.Note(new CliError(ExitCode.VerificationFailed, $"{wrong.Count} {(wrong.Count == 1 ? "check is" : "checks are")} not what the code needs: {string.Join(", ", wrong)}.", "holdfast schema constraint fix --dry-run"));
        return ServerReports.End(invocation, reached);
    }

    private static CheckItem Item(CheckStatus status) => new(status.Name, status.Table, status.Column, Naming.Snake(status.State.ToString()), [.. status.Missing], [.. status.Extra], [.. status.OtherNames], status.Definition, status.Note,
        status.Violations is { } rows ? new ViolationItem(rows.Count, rows.IsCut, [.. rows.Examples.Select(example => new ViolationExample(example.Key, example.Value))]) : null);

    private static void Write(TextWriter writer, List<ConstraintProviderItem> providers, bool countRows)
    {
        var rows = from provider in providers from check in provider.Checks select (provider, check);
        string[] head = countRows ? ["PROVIDER", "CHECK", "STATE", "ROWS AGAINST IT", "WHAT"] : ["PROVIDER", "CHECK", "STATE", "WHAT"];
        TextColumns.Write(writer, head, rows.Select(row => countRows
            ? new[] { row.provider.Name, row.check.Name, State(row.check), Rows(row.check.RowsAgainst), What(row.check) }
            : [row.provider.Name, row.check.Name, State(row.check), What(row.check)]));
        foreach (var (provider, check) in rows)
            foreach (var example in check.RowsAgainst?.Examples ?? []) writer.WriteLine($"{provider.Name}: {check.Table} {example.Key}: {check.Column} is '{Terminal.Safe(example.Value)}'");
    }

    private static string State(CheckItem check) => check.State.Replace('_', ' ');

    private static string Rows(ViolationItem? rows) => rows is null ? "-" : (rows.IsCut ? "more than " : "") + Figures.Count(rows.Count);

    private static string What(CheckItem check)
    {
        var parts = new List<string>();
        if (check.Missing.Count > 0) parts.Add($"refuses {string.Join(", ", check.Missing)}");
        if (check.Extra.Count > 0) parts.Add($"lets in {string.Join(", ", check.Extra)}");
        if (check.OtherNames.Count > 0) parts.Add($"{string.Join(", ", check.OtherNames)} limits {check.Column} too");
        if (check.Note is { } note) parts.Add(note);
        return parts.Count == 0 ? "-" : string.Join("; ", parts);
    }
}

/// <summary>The checks of one provider, or why they are not known.</summary>
internal sealed record ConstraintProviderItem(string Name, string? Error, List<CheckItem> Checks);

internal sealed record CheckItem(string Name, string Table, string Column, string State, List<string> Missing, List<string> Extra, List<string> OtherNames, string? Definition, string? Note, ViolationItem? RowsAgainst);

internal sealed record ViolationItem(long Count, bool IsCut, List<ViolationExample> Examples);

internal sealed record ViolationExample(string Key, string Value);
