using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Repairs of constraints and indexes, without a lock that lasts: NOT VALID, then VALIDATE, then swap; CONCURRENTLY, then swap.</summary>
internal static class ConstraintRepair
{
    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        var one = wanted ?? there!;
        var (table, name) = ($"alter table {SqlName.Of(one.Parent)}", SqlQuote.Name(one.Name));
        // A constraint holds no data; one that no migration makes refuses rows that every other provider takes.
        if (wanted is null) return [[$"{table} drop constraint {name}"]];
        if (difference.Class == DriftClasses.NotValid) return [[$"{table} validate constraint {name}"]];
        if (wanted["type"] is "c" or "f") return CheckOrForeignKey(wanted, there, table, name);
        return there is null ? Key(wanted, table, name) : null;
    }

    public static IReadOnlyList<IReadOnlyList<string>>? StepsOfIndex(Difference difference)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        if (wanted is null) return null;
        // Indexes of partitioned tables cannot be built concurrently as a whole.
        if (wanted["~partitioned"] == "true") return there is null ? [[ObjectDdl.Index(wanted)]] : null;
        var old = $"drop index concurrently if exists {SqlName.Of(wanted.Name)}";
        if (there is null || difference.Class == DriftClasses.IndexInvalid) return there is null ? [[Concurrently(wanted, wanted.Name)]] : [[old], [Concurrently(wanted, wanted.Name)]];
        var interim = RepairPlanner.Interim(wanted.FullName);
        return [[$"drop index concurrently if exists {SqlName.Of(interim)}"], [Concurrently(wanted, interim)], [old], [$"alter index {SqlName.Of(interim)} rename to {SqlQuote.Name(wanted.Name)}"]];
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

    private static IReadOnlyList<IReadOnlyList<string>> Key(CatalogueObject wanted, string table, string name)
    {
        var plain = RepairPlanner.PlainKey().Match(wanted["definition"]);
        if (!plain.Success || wanted["~partitioned"] == "true") return [[$"{table} add constraint {name} {wanted.Sql("definition")}"]];
        return
        [
            [$"drop index concurrently if exists {SqlName.Of(wanted.Name)}"],
            [$"create unique index concurrently {name} on {SqlName.Of(wanted.Parent)} {SqlQuote.Part(plain.Groups[2].Value)}"],
            [$"{table} add constraint {name} {SqlQuote.OneOf(plain.Groups[1].Value, "PRIMARY KEY", "UNIQUE")} using index {name}"],
        ];
    }

    private static string Concurrently(CatalogueObject index, string name) =>
        $"create {(index["definition"].StartsWith("CREATE UNIQUE", StringComparison.Ordinal) ? "unique " : "")}index concurrently {SqlQuote.Name(name)} {ObjectDdl.IndexOn(index)}";
}
