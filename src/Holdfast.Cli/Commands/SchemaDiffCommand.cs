using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema diff|dump|fingerprint</c>: a schema as it is, and two of them beside each other.</summary>
internal static class SchemaDiffCommand
{
    private static readonly Argument<string> First = new("first") { Description = "The provider that is the model." };
    private static readonly Argument<string> Second = new("second") { Description = "The provider that is compared with it." };

    public static Command Create() => CommandFactory.Create("schema diff",
        "Shows what would make the second provider's schema like the first's, as SQL; it runs nothing. Exit code 9 when they differ.", "holdfast schema diff neon supabase", [First, Second, SchemaTargets.Directory, SchemaTargets.Schema], DiffAsync);

    public static Command CreateDump() => CommandFactory.Create("schema dump",
        "Prints a provider's schema as SQL in one order and spelling: equal schemas give equal texts on servers of one major. It loads into an empty database in one go.", "holdfast schema dump --provider main", [SchemaTargets.Directory, SchemaTargets.Schema], DumpAsync);

    public static Command CreateFingerprint() => CommandFactory.Create("schema fingerprint",
        "Prints one hash of each provider's schema. Exit code 9 when they are not all the same.", "holdfast schema fingerprint --json", [SchemaTargets.Directory, SchemaTargets.Schema], FingerprintAsync);

    private static async Task<ExitCode> DiffAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var all = DriftTargets.All(invocation);
        DriftTarget[] two = [DriftTargets.Find(all, invocation.Get(First)), DriftTargets.Find(all, invocation.Get(Second))];
        if (two[0] == two[1]) throw new CliException(ExitCode.Usage, "Name two providers: one is always like itself.", "holdfast provider list");
        var options = SchemaDriftCommand.Options(invocation, all) with { Against = two[0].Name };
        DriftTargets.Announce(two, options.Schema);
        var drift = (await new DriftCheck(two, options).RunAsync(cancellationToken)).Providers.Single();
        if (drift.Error is not null) throw drift.Error;

        var result = DriftResult.Of([drift], null, 0, null);
        invocation.Print(result, CliJson.Default.DriftResult, writer =>
        {
            foreach (var finding in drift.Findings)
            {
                writer.WriteLine($"-- {finding.Name}: {TextColumns.OneLine(finding.Detail)}");
                var steps = drift.Differences.FirstOrDefault(difference => difference.CacheKey == finding.CacheKey) is { } difference ? RepairPlanner.StepsOf(difference, drift.Expected!, drift.Actual!) : null;
                if (steps is null) writer.WriteLine("-- by hand");
                foreach (var sql in (steps ?? []).SelectMany(step => step)) writer.WriteLine($"{sql.Replace(CanonicalText.Schema, options.Schema, StringComparison.Ordinal)};");
            }
            if (drift.Findings.Count == 0) writer.WriteLine($"equal: {two[1].Name} has the schema of {two[0].Name}");
        });
        return drift.Findings.Count == 0 ? ExitCode.Done
            : invocation.Note(new CliError(ExitCode.VerificationFailed, $"{two[1].Name} differs from {two[0].Name} in {drift.Findings.Count} {(drift.Findings.Count == 1 ? "thing" : "things")}.", $"holdfast schema drift --against {two[0].Name} --provider {two[1].Name} --fix-plan repair.sql"));
    }

    private static async Task<ExitCode> DumpAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var named = DriftTargets.Named(invocation, DriftTargets.All(invocation));
        if (named.Count > 1) throw new CliException(ExitCode.Usage, "A dump is of one provider: name it with --provider.", $"holdfast schema dump --provider {named[0].Name}");
        var schema = SchemaDriftCommand.Options(invocation, named).Schema;
        var snapshot = await ReadAsync(named[0], schema, cancellationToken);
        if (!snapshot.Exists) throw new CliException(ExitCode.NotFound, $"There is no schema {schema} on {named[0].Name} ({named[0].Address}).{There([snapshot])}", $"holdfast schema migrate --provider {named[0].Name}");
        var statements = CatalogueDdl.Script(snapshot).ToList();
        return invocation.Print(new SchemaDump(named[0].Name, schema, snapshot.Fingerprint, statements), CliJson.Default.SchemaDump, writer =>
        {
            foreach (var sql in statements) writer.WriteLine($"{sql};");
        });
    }

    private static async Task<ExitCode> FingerprintAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var named = DriftTargets.Named(invocation, DriftTargets.All(invocation));
        var schema = SchemaDriftCommand.Options(invocation, named).Schema;
        var reports = await ServerReports.ReadAsync([.. named.Select(target => (target.Name, target))], target => ReadAsync(target, schema, cancellationToken), cancellationToken);
        // One provider without it differs from the others; on none it is a name that was mistyped.
        if (reports.Where(report => report.Result is not null).Select(report => report.Result!).ToList() is { Count: > 0 } read && !read.Any(snapshot => snapshot.Exists))
            throw new CliException(ExitCode.NotFound, $"There is no schema {schema} on {string.Join(", ", reports.Where(report => report.Result is not null).Select(report => report.Name))}.{There(read)}", "holdfast schema fingerprint --help");
        var items = reports.Select(SchemaFingerprint.Of).ToList();
        invocation.Print(items, CliJson.Default.ListSchemaFingerprint, writer =>
            TextColumns.Write(writer, ["PROVIDER", "VERSION", "POSTGRESQL", "FINGERPRINT"], items.Select(item => new[]
            {
                item.Provider, item.SchemaVersion ?? "-", item.Server ?? "-", item.Fingerprint ?? $"not read: {item.Problem}",
            })));
        var known = items.Where(item => item.Fingerprint is not null).ToList();
        return known.Select(item => item.Fingerprint).Distinct().Count() == 1 ? ServerReports.End(invocation, reports)
            : invocation.Note(new CliError(ExitCode.VerificationFailed, $"The schemas of {string.Join(", ", known.Select(item => item.Provider))} are not all the same.", "holdfast schema drift"));
    }

    private static string There(IReadOnlyList<CatalogueSnapshot> read)
    {
        var names = read.SelectMany(snapshot => snapshot.Facts.Schemas).Distinct().Where(name => !ManagedNames.IsSchema(name)).Order(StringComparer.Ordinal).ToList();
        return names.Count == 0 ? "" : Terminal.Safe($" There is: {string.Join(", ", names.Take(20))}{(names.Count > 20 ? ", …" : "")}.");
    }

    private static async Task<CatalogueSnapshot> ReadAsync(DriftTarget target, string schema, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await DriftCheck.OpenAsync(target, cancellationToken);
            return await CatalogueReader.ReadAloneAsync(connection, CatalogueScope.Of(schema), cancellationToken);
        }
        catch (Exception e) when (e is Npgsql.NpgsqlException or TimeoutException)
        {
            throw Holdfast.Stores.Postgres.PostgresErrors.Translate(e, target.Address);
        }
    }
}

/// <summary>A schema as SQL.</summary>
internal sealed record SchemaDump(string Provider, string Schema, string Fingerprint, List<string> Statements);

/// <summary>A provider's schema as one hash, or why it could not be read.</summary>
internal sealed record SchemaFingerprint(string Provider, string? Fingerprint, string? SchemaVersion, string? Server, string? Problem)
{
    public static SchemaFingerprint Of(ServerReport<CatalogueSnapshot> report) => report.Result is not { } snapshot ? new(report.Name, null, null, null, report.Problem)
        : new(report.Name, snapshot.Exists ? snapshot.Fingerprint : "none", snapshot.Facts.IsHistoryHidden ? "unknown" : HistoryCheck.Through(snapshot) ?? "none", snapshot.Facts.Version, null);
}
