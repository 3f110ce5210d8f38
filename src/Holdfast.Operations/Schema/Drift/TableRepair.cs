using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Repairs of tables and columns.</summary>
internal static class TableRepair
{
    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        var (found, wanted, there) = (difference.Class, difference.Expected, difference.Actual);
        if (wanted is null) return null;
        if (wanted.Kind == ObjectKind.Column) return Column(found, wanted, there, actual);
        if (there is null) return wanted["kind"] == "f" ? null : [[.. Missing(wanted, expected, actual)]];
        var table = $"alter table {SqlName.Of(wanted.Name)}";
        if (found == DriftClasses.RowSecurity)
            return RepairPlanner.One([
                .. (wanted["rls"], there["rls"]) == ("true", "false") ? [$"{table} enable row level security"] : (string[])[],
                .. (wanted["force_rls"], there["force_rls"]) == ("true", "false") ? [$"{table} force row level security"] : (string[])[]]);
        if (found == DriftClasses.Partition && wanted.Has("bound") && !there.Has("parents") && wanted["kind"] == there["kind"])
            return [[$"alter table {wanted.Sql("parents")} attach partition {SqlName.Of(wanted.Name)} {wanted.Sql("bound")}"]];
        return found == DriftClasses.Storage && wanted["persistence"] == there["persistence"] ? RepairPlanner.One(Storage(wanted, there)) : null;
    }

    private static IEnumerable<string> Missing(CatalogueObject table, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        var parts = expected.PartsOf(table.Name).ToList();
        foreach (var sequence in expected.Of(ObjectKind.Sequence).Where(one => one["~identity"] != "true" && OwnedBy(one) == table.Name))
            foreach (var statement in ObjectDdl.Create(sequence, expected)) yield return statement.Replace("create sequence", "create sequence if not exists", StringComparison.Ordinal);
        foreach (var statement in ObjectDdl.Create(table, expected)) yield return statement;
        foreach (var part in parts.OrderBy(part => part["type"] == "f"))
            foreach (var statement in ObjectDdl.Create(part, expected)) yield return statement;
        foreach (var one in expected.Of(ObjectKind.Sequence).Where(one => OwnedBy(one) == table.Name).Append(table).Concat(parts))
            foreach (var statement in CatalogueDdl.Around(one, expected with { Facts = actual.Facts }, CatalogueDdl.DefaultsOf(actual))) yield return statement;
    }

    private static string OwnedBy(CatalogueObject sequence) => sequence.Has("owned_by") ? sequence["owned_by"][..sequence["owned_by"].LastIndexOf('.')].Trim('"') : "";

    private static IEnumerable<string> Storage(CatalogueObject wanted, CatalogueObject there)
    {
        var (has, wants) = (there["options"].Split('\n', StringSplitOptions.RemoveEmptyEntries), wanted["options"].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var gone = has.Select(option => option.Split('=')[0]).Except(wants.Select(option => option.Split('=')[0])).ToList();
        if (gone.Count > 0) yield return $"alter table {SqlName.Of(wanted.Name)} reset ({string.Join(", ", gone.Select(SqlQuote.Dotted))})";
        if (wants.Except(has).ToList() is { Count: > 0 } set) yield return $"alter table {SqlName.Of(wanted.Name)} set ({ObjectDdl.Options(string.Join('\n', set))})";
        if (wanted["replica_identity"] != there["replica_identity"]) yield return $"alter table {SqlName.Of(wanted.Name)} replica identity {ObjectDdl.ReplicaIdentity(wanted["replica_identity"])}";
    }

    private static IReadOnlyList<IReadOnlyList<string>>? Column(DriftClass found, CatalogueObject wanted, CatalogueObject? there, CatalogueSnapshot actual)
    {
        var (table, name) = ($"alter table {SqlName.Of(wanted.Parent)}", SqlQuote.Name(wanted.Name));
        if (there is null)
        {
            // A constant default fills the rows that are there without touching them; without one they have nothing to be NOT NULL with.
            var filled = wanted.Has("default") || wanted.Has("generated") || wanted.Has("identity") || wanted["not_null"] != "true";
            List<string> add = [$"{table} add column {ObjectDdl.Column(wanted, filled)}"];
            add.AddRange(ObjectDdl.ColumnSettings(wanted));
            if (wanted.Has("grants")) add.AddRange(GrantDdl.Between(wanted, "", wanted["grants"], actual.Facts.Owner));
            if (wanted.Has("comment")) add.Add($"comment on {SqlName.Target(wanted)} is {SqlQuote.Literal(wanted["comment"])}");
            return filled ? [add] : [add, .. NotNull(table, wanted)];
        }
        if (found == DriftClasses.ColumnDefault) return [[$"{table} alter column {name} {(wanted.Has("default") ? $"set default {wanted.Sql("default")}" : "drop default")}"]];
        if (found == DriftClasses.ColumnNullability) return wanted["not_null"] == "true" ? NotNull(table, wanted) : [[$"{table} alter column {name} drop not null"]];
        if (found == DriftClasses.Storage) return RepairPlanner.One(ColumnStorage(wanted, there));
        if (found == DriftClasses.NotValid) return [[$"{table} validate constraint {SqlQuote.Name(there["~not_null_name"])}"]];
        if (found == DriftClasses.ColumnIdentity && wanted.Has("identity") && !there.Has("default"))
            return there.Has("identity") ? [[$"{table} alter column {name} set generated {ObjectDdl.Identity(wanted)}"]]
                : [[$"{table} alter column {name} add generated {ObjectDdl.Identity(wanted)} as identity",
                    $"select pg_catalog.setval(pg_catalog.pg_get_serial_sequence({SqlQuote.Literal(SqlName.Of(wanted.Parent))}, {SqlQuote.Literal(wanted.Name)}), coalesce((select max({name}) from {SqlName.Of(wanted.Parent)}), 0) + 1, false)"]];
        return null;
    }

    // How rows are stored that are there already stays as it is until they are written again.
    private static IEnumerable<string> ColumnStorage(CatalogueObject wanted, CatalogueObject there)
    {
        var alter = $"alter table {SqlName.Of(wanted.Parent)} alter column {SqlQuote.Name(wanted.Name)}";
        if (wanted["storage"] != there["storage"] && !wanted.Has("storage")) yield return $"{alter} set storage {wanted.Sql("~storage")}";
        if (wanted["compression"] != there["compression"] && !wanted.Has("compression")) yield return $"{alter} set compression default";
        if (wanted["statistics"] != there["statistics"] && !wanted.Has("statistics")) yield return $"{alter} set statistics -1";
        var gone = there["options"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('=')[0]).ToList();
        if (gone.Count > 0) yield return $"{alter} reset ({string.Join(", ", gone.Select(SqlQuote.Dotted))})";
        foreach (var setting in ObjectDdl.ColumnSettings(wanted)) yield return setting;
    }

    // Of PostgreSQL 12 and later: SET NOT NULL looks at no row where a valid CHECK says so already.
    private static IReadOnlyList<IReadOnlyList<string>> NotNull(string table, CatalogueObject column)
    {
        var check = SqlQuote.Name(RepairPlanner.Interim(column.FullName));
        var name = SqlQuote.Name(column.Name);
        return
        [
            [$"{table} drop constraint if exists {check}", $"{table} add constraint {check} check ({name} is not null) not valid"],
            [$"{table} validate constraint {check}"],
            [$"{table} alter column {name} set not null", $"{table} drop constraint {check}"],
        ];
    }
}
