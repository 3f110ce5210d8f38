using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Whether a server has had the migrations that it should have had, file by file.</summary>
internal static class HistoryCheck
{
    /// <summary>The version up to which a server's migrations were applied; null: none.</summary>
    public static string? Through(CatalogueSnapshot snapshot) => Applied(snapshot).MaxBy(entry => VersionOrder.Key(entry.Version!), StringComparer.Ordinal)?.Version;

    /// <summary>What is wrong with a server's own history; empty: nothing.</summary>
    public static IEnumerable<string> Own(CatalogueSnapshot snapshot, IReadOnlyList<Migration> migrations)
    {
        var applied = Applied(snapshot).ToList();
        if (applied.Count == 0)
        {
            yield return "No migration was applied there: run 'holdfast schema migrate'.";
            yield break;
        }
        var known = migrations.ToDictionary(migration => VersionOrder.Key(migration.Version));
        foreach (var entry in applied.Where(entry => entry.Kind == "V"))
        {
            if (!known.TryGetValue(VersionOrder.Key(entry.Version!), out var migration)) yield return $"Migration {entry.Version} was applied there and is not known here: update this program, or add its file.";
            else if (migration.Checksum != entry.Checksum) yield return $"Migration {entry.Version} was applied there with another content than {migration.Script} has (checksum {entry.Checksum[..12]}, here {migration.Checksum[..12]}): restore the file that was applied.";
        }
        foreach (var entry in snapshot.History.Where(entry => entry.State is "failed" or "running")) yield return $"Migration {entry.Version} is {entry.State}: see 'holdfast schema status'.";
        var baseline = applied.Where(entry => entry.Kind == "B").Select(entry => VersionOrder.Key(entry.Version!)).Max(StringComparer.Ordinal) ?? "";
        var last = VersionOrder.Key(Through(snapshot)!);
        var numbers = applied.Select(entry => VersionOrder.Key(entry.Version!)).ToHashSet();
        foreach (var migration in migrations)
            if (VersionOrder.Key(migration.Version) is var number && string.CompareOrdinal(number, baseline) > 0 && string.CompareOrdinal(number, last) < 0 && !numbers.Contains(number)) yield return $"{migration.Script} was left out there, though later ones were applied.";
    }

    /// <summary>What tells its history from that of the provider that is furthest; null: nothing.</summary>
    public static string? Against(CatalogueSnapshot snapshot, IReadOnlyList<(string Name, CatalogueSnapshot Snapshot)> others)
    {
        var here = Applied(snapshot).LastOrDefault();
        foreach (var (name, other) in others)
        {
            var there = Applied(other).LastOrDefault();
            if (there is null) continue;
            if (here is null || VersionOrder.Compare(here.Version!, there.Version!) < 0)
                return $"It is at migration {here?.Version ?? "none"}, {name} at {there.Version}: run 'holdfast schema migrate'.";
            if (VersionOrder.Compare(here.Version!, there.Version!) == 0 && here.ChainHash != there.ChainHash && here.Kind == there.Kind)
                return $"It is at migration {here.Version} as {name} is, by another history (chain {Short(here.ChainHash)}, there {Short(there.ChainHash)}): compare 'holdfast schema history'.";
        }
        return null;
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;

    private static IEnumerable<HistoryEntry> Applied(CatalogueSnapshot snapshot) => snapshot.History.Where(entry => entry is { State: "applied" or "baseline", Kind: "V" or "B", Version: not null });
}
