using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;
using Holdfast.Relay.Digests;

namespace Holdfast.Cli.Commands;

/// <summary>What <c>relay verify</c> and <c>relay repair</c> share: which providers, how they are compared, and how the answer is shown.</summary>
internal static class RelayComparison
{
    public static readonly Argument<string[]> Names = new("providers") { Description = "The providers to compare; all by default.", Arity = ArgumentArity.ZeroOrMore };
    public static readonly Option<bool> Deep = new("--deep") { Description = "Compare the content of the rows too." };
    public static readonly Option<bool> Fresh = new("--fresh") { Description = "Hash every row again, also those that have not changed since the last run." };
    public static readonly Option<double> Patience = new("--patience") { Description = "How long a row may be on its way before it counts as different.", HelpName = "SECONDS", DefaultValueFactory = _ => 5 };
    public static readonly Option<int> Examples = new("--examples") { Description = "At most this many rows of each table and provider are named.", HelpName = "N", DefaultValueFactory = _ => 3 };

    public static ComparisonOptions Options(Invocation invocation, HoldfastOptions options) => new()
    {
        Deep = invocation.Get(Deep),
        Fresh = invocation.Get(Fresh),
        Patience = invocation.Get(Patience) is >= 0 and <= 3600 and var seconds ? TimeSpan.FromSeconds(seconds) : throw new CliException(ExitCode.Usage, "--patience: say how many seconds, 0 to 3600."),
        CacheFolder = ComparisonOptions.CacheFolderOf(HoldfastHome.Resolve(options.Home)),
        Time = options.TimeProvider,
    };

    /// <summary>Says which providers are looked at, and connects to them.</summary>
    public static async Task<ReachedStores> OpenAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (target, providers) = (invocation.Target, Choose(invocation));
        foreach (var provider in providers) Invocation.Note($"target: {provider.Name}  {ProviderChoice.Address(provider)}");
        var reached = await ReachedStores.OpenAsync(providers, target.Options, cancellationToken);
        if (reached.Stores.Count >= 2) return reached;
        await reached.DisposeAsync();
        throw reached.Unreached.Count > 0
            ? new CliException(CliError.Of(reached.Unreached[0].Error).Code, $"{string.Join(", ", reached.Unreached.Select(one => $"{one.Name}: {one.Error.Message}"))}", "holdfast provider list")
            : new CliException(ExitCode.Usage, "To compare takes two providers.", "holdfast provider list");
    }

    public static RelayVerified Result(ComparisonReport report, ReachedStores reached, bool deep, int examplesMax) => new(
        report.IsEqual, deep, Math.Round(report.Took.TotalSeconds, 3),
        [.. report.Providers.Select(provider => new RelayProviderItem(provider.Name, provider.Address, provider.Rows, provider.RowsHashed,
            [.. provider.Parked.Select(row => new ParkedItem(row.TenantId, row.Table, row.Id, row.Source, row.Error, row.RejectedAt))]))],
        [.. reached.Unreached.Select(one => new UnreachedItem(one.Name, one.Error.Message))],
        [.. report.Tables.Select(table => new RelayDifferenceItem(table.Table.Name, table.Provider, table.Missing, table.OtherStamp, table.OtherContent, ExamplesOf(report, table, examplesMax)))],
        report.IsCut);

    public static void Write(TextWriter writer, RelayVerified result)
    {
        TextColumns.Write(writer, ["PROVIDER", "ROWS", "HASHED NOW"], result.Providers.Select(provider => new[] { provider.Name, Figures.Count(provider.Rows), Figures.Count(provider.RowsHashed) }));
        foreach (var one in result.Unreachable) writer.WriteLine($"{one.Name}  does not answer: {Terminal.Safe(one.Message)}");
        foreach (var provider in result.Providers.Where(provider => provider.Parked.Count > 0))
        {
            writer.WriteLine($"\n{provider.Name} refused {provider.Parked.Count} rows from the relay; they are tried again after 'holdfast schema migrate':");
            TextColumns.Write(writer, ["TABLE", "ROW", "FROM", "WHY"], provider.Parked.Select(row => new[] { row.Table, row.Id.ToString(), row.Source, row.Error }));
        }
        writer.WriteLine();
        if (result.Equal)
        {
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"equal: every row stands alike on {string.Join(", ", result.Providers.Select(provider => provider.Name))}{(result.Deep ? ", with its content" : "")} ({result.Seconds:0.0} s)"));
            return;
        }
        TextColumns.Write(writer, ["TABLE", "PROVIDER", "MISSING", "OTHER STAMP", "OTHER CONTENT", "FOR INSTANCE"], result.Differences.Select(one => new[]
        {
            one.Table, one.Provider, Figures.Count(one.Missing), Figures.Count(one.OtherStamp), Figures.Count(one.OtherContent), string.Join("  ", one.Examples.Select(example => example.Key)),
        }));
        if (result.IsCut) writer.WriteLine("So many rows differ that the rest was not looked at.");
    }

    /// <summary>The code of the contract: a difference is told before a provider that could not be asked.</summary>
    public static ExitCode End(Invocation invocation, RelayVerified result, string? advice)
    {
        if (!result.Equal)
            return invocation.Note(new CliError(ExitCode.VerificationFailed, $"The providers differ: {string.Join(", ", result.Differences.Select(one => $"{one.Provider} in {one.Missing + one.OtherStamp + one.OtherContent} rows of {one.Table}"))}.", advice));
        return result.Unreachable.Count == 0 ? ExitCode.Done
            : invocation.Note(new CliError(ExitCode.Unreachable, $"{string.Join(", ", result.Unreachable.Select(one => one.Name))} did not answer; the others are equal.", "holdfast provider list"));
    }

    private static List<RelayExample> ExamplesOf(ComparisonReport report, TableDifference table, int examplesMax)
    {
        var store = report.Providers.Select((provider, i) => (provider.Name, i)).First(provider => provider.Name == table.Provider).i;
        return [.. report.Rows.Where(row => row.Table == table.Table && row.Kind(store) != DifferenceKind.None).Take(examplesMax)
            .Select(row => new RelayExample(row.Key.TenantId, row.Key.Key, Naming.Snake(row.Kind(store).ToString()), row.StampAt(store)?.ToString(), row.Winner.ToString()))];
    }

    private static IReadOnlyList<ProviderOptions> Choose(Invocation invocation)
    {
        var names = invocation.Get(Names) ?? [];
        if (names.Length == 0)
            return invocation.Target is { IsLocal: false } target ? target.Servers
                : throw new CliException(ExitCode.Usage, "No provider is configured: the memory is the local file, and there is nothing to compare it with.", "holdfast config check");
        var configuration = ProviderChoice.Read(invocation);
        return [.. names.Select(name => ProviderChoice.Name(invocation, configuration, name)!).Distinct().Select(name => configuration.Options.Providers.First(provider => provider.Name == name))];
    }
}

/// <summary>What comparing the providers came to.</summary>
internal sealed record RelayVerified(bool Equal, bool Deep, double Seconds, List<RelayProviderItem> Providers, List<UnreachedItem> Unreachable, List<RelayDifferenceItem> Differences, bool IsCut);

internal sealed record RelayProviderItem(string Name, string Address, long Rows, long RowsHashed, List<ParkedItem> Parked);

internal sealed record ParkedItem(string TenantId, string Table, Guid Id, string Source, string Error, DateTimeOffset RejectedAt);

internal sealed record UnreachedItem(string Name, string Message);

internal sealed record RelayDifferenceItem(string Table, string Provider, long Missing, long OtherStamp, long OtherContent, List<RelayExample> Examples);

/// <summary>A row that differs: its key, how, the stamp that stands there and the one that should.</summary>
internal sealed record RelayExample(string TenantId, string Key, string Kind, string? Stamp, string Winner);
