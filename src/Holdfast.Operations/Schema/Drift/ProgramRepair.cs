using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Repairs of what holds no rows: views, functions, triggers, rules, policies, types, sequences.</summary>
internal static class ProgramRepair
{
    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        // A policy too many opens rows or hides them, and its text is in the finding; anything else that nobody declares is left alone.
        if (wanted is null) return there!.Kind == ObjectKind.Policy && !IsAllThatShowsRows(there.Parent, expected, actual) ? [[$"drop {SqlName.Target(there)}"]] : null;
        if (there is null) return RepairPlanner.One((wanted.Kind == ObjectKind.View ? expected.PartsOf(wanted.Name).Prepend(wanted) : [wanted]).SelectMany(one => RepairPlanner.Whole(one, expected, actual)));
        return wanted.Kind switch
        {
            ObjectKind.View => View(difference.Class, wanted, there),
            ObjectKind.Function => wanted["kind"] == "a" ? null : [[wanted.Sql("~ddl").TrimEnd()]],
            ObjectKind.Trigger or ObjectKind.Rule => RepairPlanner.One(Trigger(wanted, there)),
            ObjectKind.Policy => [[$"drop {SqlName.Target(wanted)}", .. RepairPlanner.Whole(wanted, expected, actual)]],
            ObjectKind.Enum => RepairPlanner.One(Enum(wanted, there)),
            ObjectKind.Domain => Domain(wanted, there),
            ObjectKind.Sequence => RepairPlanner.One(Sequence(wanted, there)),
            _ => null,
        };
    }

    // Row-level security that nobody declares is on there: without its policies readers would see nothing, and no error.
    private static bool IsAllThatShowsRows(string table, CatalogueSnapshot expected, CatalogueSnapshot actual) =>
        actual.Find(ObjectKind.Table, "", table)?["rls"] == "true" && expected.Find(ObjectKind.Table, "", table)?["rls"] != "true";

    private static IReadOnlyList<IReadOnlyList<string>>? View(DriftClass found, CatalogueObject wanted, CatalogueObject there)
    {
        if (wanted["kind"] != there["kind"] || (wanted["kind"] == "m" && found == DriftClasses.ViewDefinition)) return null;
        if (found == DriftClasses.ViewDefinition)
            return RepairPlanner.One([
                .. wanted["defaults"] != there["defaults"] && there.Has("~defaults") ? [$"alter table {SqlName.Of(there.Name)} {there.Sql("~defaults")}"] : (string[])[],
                ObjectDdl.View(wanted, "create or replace"),
                .. wanted["defaults"] != there["defaults"] && wanted.Has("defaults") ? [$"alter table {SqlName.Of(wanted.Name)} {wanted.Sql("defaults")}"] : (string[])[]]);
        var gone = there["options"].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(option => option.Split('=')[0]).ToList();
        return RepairPlanner.One([
            .. gone.Count > 0 ? [$"alter {SqlName.Target(wanted)} reset ({string.Join(", ", gone.Select(SqlQuote.Dotted))})"] : (string[])[],
            .. wanted.Has("options") ? [$"alter {SqlName.Target(wanted)} set ({ObjectDdl.Options(wanted["options"])})"] : (string[])[]]);
    }

    private static IEnumerable<string> Trigger(CatalogueObject wanted, CatalogueObject there)
    {
        if (wanted["definition"] != there["definition"])
        {
            yield return $"drop {SqlName.Target(wanted)}";
            yield return SqlQuote.Part(wanted["definition"].TrimEnd(';'));
            foreach (var statement in ObjectDdl.Enabled(wanted)) yield return statement;
        }
        else if (wanted["enabled"] != there["enabled"])
            yield return ObjectDdl.Enabled(wanted).FirstOrDefault() ?? $"alter table {SqlName.Of(wanted.Parent)} enable {ObjectKind.Word(wanted.Kind)} {SqlQuote.Name(wanted.Name)}";
    }

    // Labels can be added in their place, never taken away or moved.
    private static IEnumerable<string> Enum(CatalogueObject wanted, CatalogueObject there)
    {
        var (labels, has) = (Labels(wanted), Labels(there));
        if (!has.SequenceEqual(labels.Intersect(has))) yield break;
        for (var i = 0; i < labels.Count; i++)
            if (!has.Contains(labels[i]))
                yield return $"alter type {SqlName.Of(wanted.Name)} add value {labels[i]}" + (i > 0 ? $" after {labels[i - 1]}" : has.Count > 0 ? $" before {has[0]}" : "");
    }

    private static List<string> Labels(CatalogueObject one)
    {
        var labels = new List<string>();
        foreach (var token in SqlTokenizer.Read(one["labels"]))
            if (token.Kind == SqlTokenKind.Text) labels.Add(SqlQuote.Part(one["labels"][token.Start..token.End]));
        return labels;
    }

    private static List<IReadOnlyList<string>>? Domain(CatalogueObject wanted, CatalogueObject there)
    {
        if (wanted.Kind != ObjectKind.Domain || wanted["base"] != there["base"] || wanted["collation"] != there["collation"]) return null;
        var domain = $"alter domain {SqlName.Of(wanted.Name)}";
        var (has, wants) = (there["constraints"].Split('\n', StringSplitOptions.RemoveEmptyEntries), wanted["constraints"].Split('\n', StringSplitOptions.RemoveEmptyEntries));
        List<string> change = [.. has.Except(wants).Select(constraint => $"{domain} drop constraint {NameOf(constraint)}")];
        if (wanted["default"] != there["default"]) change.Add($"{domain} {(wanted.Has("default") ? $"set default {wanted.Sql("default")}" : "drop default")}");
        if (wanted["not_null"] != there["not_null"]) change.Add($"{domain} {(wanted["not_null"] == "true" ? "set" : "drop")} not null");
        var added = wants.Except(has).ToList();
        change.AddRange(added.Select(constraint => $"{domain} add constraint {SqlQuote.Part(constraint)}{(constraint.EndsWith(" NOT VALID", StringComparison.Ordinal) ? "" : " not valid")}"));
        return [change, .. added.Where(constraint => !constraint.EndsWith(" NOT VALID", StringComparison.Ordinal)).Select(constraint => (IReadOnlyList<string>)[$"{domain} validate constraint {NameOf(constraint)}"])];
    }

    // quote_ident's name and then CHECK.
    private static string NameOf(string constraint) => SqlQuote.Quoted(constraint[..constraint.IndexOf(" CHECK ", StringComparison.Ordinal)]);

    private static IEnumerable<string> Sequence(CatalogueObject wanted, CatalogueObject there)
    {
        if (ObjectDdl.SequenceOptions(wanted) != ObjectDdl.SequenceOptions(there)) yield return $"alter sequence {SqlName.Of(wanted.Name)} {ObjectDdl.SequenceOptions(wanted)}";
        if (wanted["owned_by"] != there["owned_by"] && there["~identity"] != "true")
            yield return $"alter sequence {SqlName.Of(wanted.Name)} owned by {(wanted.Has("owned_by") ? $"{CanonicalText.Schema}.{SqlQuote.Quoted(wanted["owned_by"])}" : "none")}";
        if (!there.Has("behind")) yield break;
        var (table, column) = (there["owned_by"][..there["owned_by"].LastIndexOf('.')], there["owned_by"][(there["owned_by"].LastIndexOf('.') + 1)..]);
        // As it is when this runs: rows may have come meanwhile. Never backwards.
        yield return $"select pg_catalog.setval({SqlQuote.Literal(SqlName.Of(wanted.Name))}, greatest((select max({SqlQuote.Quoted(column)}) from {CanonicalText.Schema}.{SqlQuote.Quoted(table)}), (select last_value from {SqlName.Of(wanted.Name)})))";
    }
}
