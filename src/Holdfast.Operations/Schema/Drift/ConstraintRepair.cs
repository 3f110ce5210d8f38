using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Repairs of constraints and indexes, without a lock that lasts: NOT VALID, then VALIDATE, then swap; CONCURRENTLY, then swap.</summary>
internal static class ConstraintRepair
{
    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference, CatalogueSnapshot actual)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        var one = wanted ?? there!;
        var (table, name) = ($"alter table {SqlName.Of(one.Parent)}", SqlQuote.Name(one.Name));
        // A CHECK that no migration makes refuses rows that every other provider takes, and is back in a moment. What lets duplicates or
        // orphans in once it is gone is for a person: nothing brings it back then.
        if (wanted is null) return one["type"] == "c" ? [[$"{table} drop constraint {name}"]] : null;
        if (difference.Class == DriftClasses.NotValid) return [[$"{table} validate constraint {name}"]];
        if (wanted["type"] is "c" or "f") return CheckOrForeignKey(wanted, there, table, name);
        return there is null ? Key(wanted, table, name, actual) : null;
    }

    public static IReadOnlyList<IReadOnlyList<string>>? StepsOfIndex(Difference difference)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        if (wanted is null) return null;
        // Indexes of partitioned tables cannot be built concurrently as a whole.
        if (wanted["~partitioned"] == "true") return there is null ? [[ObjectDdl.Index(wanted)]] : null;
        if (there is null) return [[Concurrently(wanted, wanted.Name)]];
        // Unique and not asked for: without it duplicates come in, and nothing takes them out again.
        if (IsUnique(there) && !IsUnique(wanted)) return null;
        // An invalid one too: a unique one whose build failed refuses new duplicates all the same.
        var interim = RepairPlanner.Interim(wanted.FullName);
        return
        [
            [DropConcurrently(interim)], [Concurrently(wanted, interim)], [DropConcurrently(wanted.Name)],
            [$"alter index {SqlName.Of(interim)} rename to {SqlQuote.Name(wanted.Name)}"],
        ];
    }

    private static IReadOnlyList<IReadOnlyList<string>> CheckOrForeignKey(CatalogueObject wanted, CatalogueObject? there, string table, string name)
    {
        // A foreign key of a partitioned table cannot be NOT VALID in every major.
        if (wanted["~partitioned"] == "true" && wanted["type"] == "f")
            return [[.. there is null ? (string[])[] : [$"{table} drop constraint {name}"], $"{table} add constraint {name} {wanted.Sql("definition")}"]];
        var interim = SqlQuote.Name(RepairPlanner.Interim(wanted.FullName));
        List<IReadOnlyList<string>> steps = [[$"{table} drop constraint if exists {interim}", $"{table} add constraint {interim} {wanted.Sql("definition")} not valid"]];
        if (wanted["validated"] == "true") steps.Add([$"{table} validate constraint {interim}"]);
        steps.Add([.. there is null ? (string[])[] : [$"{table} drop constraint {name}"], $"{table} rename constraint {interim} to {name}"]);
        return steps;
    }

    private static IReadOnlyList<IReadOnlyList<string>>? Key(CatalogueObject wanted, string table, string name, CatalogueSnapshot actual)
    {
        var plain = RepairPlanner.PlainKey().Match(wanted["definition"]);
        if (!plain.Success || wanted["~partitioned"] == "true") return [[$"{table} add constraint {name} {wanted.Sql("definition")}"]];
        var add = $"{table} add constraint {name} {SqlQuote.OneOf(plain.Groups[1].Value, "PRIMARY KEY", "UNIQUE")} using index";
        var later = (plain.Groups[4].Success ? " deferrable" : "") + (plain.Groups[5].Success ? " initially deferred" : "");
        var columns = SqlQuote.Part(plain.Groups[3].Value) + (plain.Groups[2].Success ? " NULLS NOT DISTINCT" : "");
        string Build(string index) => $"create unique index concurrently {SqlQuote.Name(index)} on {SqlName.Of(wanted.Parent)} {columns}";
        if (actual.Of(ObjectKind.Index).FirstOrDefault(index => index.Name == wanted.Name) is not { } holder) return [[Build(wanted.Name)], [$"{add} {name}{later}"]];

        // Something else has the name, and may guard rows: a person looks at it.
        if (holder.Parent != wanted.Parent || !IsUnique(holder) || !ObjectDdl.IndexOn(holder).EndsWith($" USING btree {columns}", StringComparison.Ordinal)) return null;
        if (holder["valid"] == "true") return [[$"{add} {name}{later}"]];
        // What a build left that failed refuses new duplicates all the same: it goes in the moment in which the new one takes its name.
        var interim = RepairPlanner.Interim(wanted.FullName);
        return [[DropConcurrently(interim)], [Build(interim)], [$"drop index {SqlName.Of(wanted.Name)}", $"{add} {SqlQuote.Name(interim)}{later}"]];
    }

    private static bool IsUnique(CatalogueObject index) => index["definition"].StartsWith("CREATE UNIQUE", StringComparison.Ordinal);

    private static string DropConcurrently(string index) => $"drop index concurrently if exists {SqlName.Of(index)}";

    private static string Concurrently(CatalogueObject index, string name) =>
        $"create {(IsUnique(index) ? "unique " : "")}index concurrently {SqlQuote.Name(name)} {ObjectDdl.IndexOn(index)}";
}
