using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema status</c>: which provider has had which migration.</summary>
internal static class SchemaStatusCommand
{
    public static Command Create() => CommandFactory.Create("schema status",
        "Which migration each provider has had, and whether their histories are equal. Exit code 9 when they are not.", "holdfast schema status",
        [SchemaTargets.Directory, SchemaTargets.Schema], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var targets = SchemaTargets.Read(invocation);
        var looks = await Task.WhenAll(targets.Select(async target => (target.Name, Look: await SchemaLook.AtAsync(target.Target, cancellationToken))));
        var status = new SchemaStatus(
            [.. looks.Select(one => new SchemaProvider(one.Name, one.Look.Version, one.Look.Chain, one.Look.Problem is { } problem ? SaidOptions.Complete(invocation, problem) : null))],
            [.. SchemaLook.Scripts(targets[0].Target.Set, looks.Select(one => one.Look)).Select(script => new SchemaLine(script, looks.ToDictionary(one => one.Name, one => one.Look.StateOf(script))))],
            looks.Where(one => one.Look.Error is null).Select(one => one.Look.Fingerprint).Distinct().Count() <= 1);
        invocation.Print(status, CliJson.Default.SchemaStatus, writer =>
        {
            TextColumns.Write(writer, ["MIGRATION", .. status.Providers.Select(provider => provider.Provider)], status.Migrations.Select(line => (string[])[line.Script, .. status.Providers.Select(provider => line.States[provider.Provider])])
                .Append(["chain", .. status.Providers.Select(provider => provider.Chain is { Length: > 0 } chain ? chain[..12] : "-")]));
            writer.WriteLine();
            writer.WriteLine(Verdict(status, [.. looks.Where(one => one.Look.Error is not null).Select(one => one.Name)]));
            foreach (var provider in status.Providers.Where(provider => provider.Problem is not null)) writer.WriteLine($"{provider.Provider}: {provider.Problem}");
        });
        if (!status.ChainsEqual) return invocation.Note(new CliError(ExitCode.VerificationFailed, "The providers' histories differ.", $"holdfast schema {Remedy([.. looks.Select(one => one.Look)])}"));
        if (looks.FirstOrDefault(one => one.Look.Error is not null).Look is { Error: { } error }) return invocation.Note(CliError.Of(error));
        return looks.FirstOrDefault(one => one.Look.Problem is not null) is { Look: not null } bad
            ? invocation.Note(new CliError(ExitCode.VerificationFailed, $"{bad.Name}: {bad.Look.Problem}")) : ExitCode.Done;
    }

    // Where none lacks a file, no file mends what differs.
    private static string Remedy(IReadOnlyList<SchemaLook> looks)
    {
        var lacks = looks.Select(look => look.Lacks).OfType<string>().ToList();
        return lacks.Count == 0 || lacks.Contains("history") ? "history" : lacks.Max(StringComparer.Ordinal)!;
    }

    // What was not read may be anything.
    private static string Verdict(SchemaStatus status, IReadOnlyList<string> unread)
    {
        if (unread.Count == status.Providers.Count) return "no history could be read";
        var isOneOrder = status.Providers.Where(provider => !unread.Contains(provider.Provider)).Select(provider => provider.Chain).Distinct().Count() <= 1;
        var verdict = !status.ChainsEqual ? "the histories differ" : isOneOrder ? "the histories are equal" : "the histories are equal but for the order of their files";
        return unread.Count == 0 ? verdict : $"{verdict} where they were read; not read: {string.Join(", ", unread)}";
    }
}

/// <summary>Migrations by provider.</summary>
internal sealed record SchemaStatus(List<SchemaProvider> Providers, List<SchemaLine> Migrations, bool ChainsEqual);

/// <summary>Where a provider is.</summary>
internal sealed record SchemaProvider(string Provider, string? Version, string? Chain, string? Problem);

/// <summary>A migration, and how it stands at each provider: applied, baseline, pending, running, failed, changed, reverted, - (not there), unreachable, unknown (it answers and may not be read).</summary>
internal sealed record SchemaLine(string Script, Dictionary<string, string> States);
