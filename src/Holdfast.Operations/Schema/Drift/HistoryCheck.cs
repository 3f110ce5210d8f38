using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Whether a server has had the migrations that it should have had, file by file.</summary>
internal static class HistoryCheck
{
    /// <summary>The version up to which a server's migrations were applied; null: none.</summary>
    public static string? Through(CatalogueSnapshot snapshot) => Applied(snapshot).MaxBy(entry => VersionOrder.Key(entry.Version!), StringComparer.Ordinal)?.Version;

    /// <summary>Whether two servers have had the same version and the same repeatable files.</summary>
    public static bool IsAsFar(CatalogueSnapshot one, CatalogueSnapshot other) => Through(one) == Through(other) && Repeatable(one).SetEquals(Repeatable(other));

    private static HashSet<(string, string)> Repeatable(CatalogueSnapshot snapshot) =>
        [.. snapshot.History.Where(entry => entry.Kind == "R").GroupBy(entry => entry.Script).Select(entries => entries.Last()).Where(last => last.State == "applied").Select(last => (last.Script, last.Checksum))];

    /// <summary>The migrations that a server has had, in order: those up to its version, then the repeatable ones that it knows.</summary>
    public static IReadOnlyList<Migration> Had(CatalogueSnapshot snapshot, DriftOptions options)
    {
        var through = Through(snapshot);
        return [.. options.Migrations.Where(migration => through is not null && VersionOrder.Compare(migration.Version, through) <= 0), .. options.Repeatable.Where(file => LastOf(file, snapshot) is not null)];
    }

    /// <summary>Repeatable files that have changed since they ran there.</summary>
    public static IReadOnlyList<Migration> Waiting(CatalogueSnapshot snapshot, DriftOptions options) => [.. options.Repeatable.Where(file => LastOf(file, snapshot) is { } there && there.Checksum != file.Checksum)];

    /// <summary>What is wrong with a server's own history, what must be mended first before the rest; empty: nothing.</summary>
    public static IEnumerable<HistoryFault> Own(CatalogueSnapshot snapshot, DriftOptions options)
    {
        foreach (var entry in snapshot.History.Where(entry => entry.State is "failed" or "running"))
            yield return new($"{entry.Script} {(entry.State == "failed" ? "failed" : "was cut")} half-way: remove the cause and go on with it (if its file must change: 'holdfast schema repair' first).", "resume");
        var applied = Applied(snapshot).ToList();
        if (applied.Count == 0)
        {
            // Where all were taken back, nothing is what should be there.
            yield return new("No migration was applied there.", "migrate", StopsReplay: snapshot.History.Count == 0);
            yield break;
        }
        var known = options.Migrations.ToDictionary(migration => VersionOrder.Key(migration.Version));
        foreach (var entry in applied.Where(entry => entry.Kind == "V"))
        {
            if (!known.TryGetValue(VersionOrder.Key(entry.Version!), out var migration)) yield return new($"Migration {entry.Version} ({entry.Script}) was applied there and is not known here: {(options.Origin.Length == 0 ? "update this program" : "add its file")}.", "history");
            else if (migration.Checksum != entry.Checksum) yield return new($"Migration {entry.Version} was applied there with another content than {migration.Script} has (checksum {Short(entry.Checksum)}, here {Short(migration.Checksum)}): restore the file that was applied, or accept this one.", "repair --reason \"why\"");
        }
        var baseline = applied.Where(entry => entry.Kind == "B").Select(entry => VersionOrder.Key(entry.Version!)).Max(StringComparer.Ordinal) ?? "";
        var last = VersionOrder.Key(Through(snapshot)!);
        var numbers = applied.Select(entry => VersionOrder.Key(entry.Version!)).ToHashSet();
        foreach (var migration in options.Migrations)
            if (VersionOrder.Key(migration.Version) is var number && string.CompareOrdinal(number, baseline) > 0 && string.CompareOrdinal(number, last) < 0 && !numbers.Contains(number))
                yield return new($"{migration.Script} was left out there, though later ones were applied.", "migrate --out-of-order");
        foreach (var file in Waiting(snapshot, options)) yield return new($"{file.Script} has changed since it was applied there; what it makes is judged once it has run again.", "migrate", StopsReplay: false) { Waits = true };
    }

    /// <summary>What tells its history from that of the provider that is furthest; null: nothing.</summary>
    public static HistoryFault? Against(CatalogueSnapshot snapshot, IReadOnlyList<(string Name, CatalogueSnapshot Snapshot)> others, DriftOptions options)
    {
        var here = Applied(snapshot).LastOrDefault();
        foreach (var (name, other) in others)
        {
            var there = Applied(other).LastOrDefault();
            if (there is null) continue;
            if (here is null || VersionOrder.Compare(here.Version!, there.Version!) < 0)
                // Of one that is not known here there is no file to run.
                return new($"It is at migration {here?.Version ?? "none"}, {name} at {there.Version}.", options.Migrations.Any(migration => VersionOrder.Compare(migration.Version, there.Version!) == 0) ? "migrate" : "history");
            if (VersionOrder.Compare(here.Version!, there.Version!) == 0 && here.ChainHash != there.ChainHash && here.Kind == there.Kind)
                return new($"It is at migration {here.Version} as {name} is, by another history (chain {Short(here.ChainHash)}, there {Short(there.ChainHash)}).", "history");
        }
        return null;
    }

    // An undone one has a row of its own behind.
    private static HistoryEntry? LastOf(Migration file, CatalogueSnapshot snapshot) =>
        snapshot.History.LastOrDefault(entry => entry.Kind == "R" && entry.Script == file.Script) is { State: "applied" } last ? last : null;

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    private static IEnumerable<HistoryEntry> Applied(CatalogueSnapshot snapshot) => snapshot.History.Where(entry => entry is { State: "applied" or "baseline", Kind: "V" or "B", Version: not null });
}

/// <summary>Something wrong with a history.</summary>
/// <param name="What">In words.</param>
/// <param name="Run">The command of <c>holdfast schema</c> that helps.</param>
/// <param name="StopsReplay">What should be there cannot be known.</param>
internal sealed record HistoryFault(string What, string Run, bool StopsReplay = true)
{
    /// <summary>A file waits to be run again; nothing else is wrong by that.</summary>
    public bool Waits { get; init; }
}
