using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// DDL for what can be mended without losing anything: no table, column, type, view or function is ever dropped, nothing is
/// rewritten under a lock that stops the application.
/// </summary>
internal static partial class RepairPlanner
{
    /// <summary>The steps in an order in which they can be run: behind those that make what they need, else by the order of kinds; what no step mends is left out.</summary>
    public static IReadOnlyList<RepairStep> Plan(IEnumerable<Difference> differences, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        List<RepairStep> steps =
        [
            .. differences.OrderBy(Order).ThenBy(difference => difference.Actual is null ? 0 : 1)
                .Select(difference => StepsOf(difference, expected, actual) is { } statements ? new RepairStep(difference, statements) : null).OfType<RepairStep>(),
        ];
        var makers = steps.Where(step => step.Difference.Actual is null && Order(step.Difference) is >= 0 and < int.MaxValue)
            .SelectMany(step => Made(step.Difference.Expected!, expected).Select(id => (id, step))).ToLookup(pair => pair.id, pair => pair.step);
        return [.. CreationOrder.Sorted(steps, step => step.Difference.Expected is not { } wanted || Order(step.Difference) == int.MaxValue ? []
            : Made(wanted, expected).SelectMany(id => expected.Needs[id]).Distinct().Order(StringComparer.Ordinal).SelectMany(id => makers[id]).Where(maker => maker != step))];
    }

    // A column has its table's id: what needs that may need the column.
    private static IEnumerable<string> Made(CatalogueObject wanted, CatalogueSnapshot expected) =>
        (wanted.Kind is ObjectKind.Table or ObjectKind.View ? expected.PartsOf(wanted.Name).Prepend(wanted) : [wanted]).Select(one => one["~id"]).Where(id => id.Length > 0).Distinct();

    // Who is to own it changes the rest. Row-level security is switched on behind its policies: on and without them a table shows nothing to anybody.
    private static int Order(Difference difference) =>
        difference.Class == DriftClasses.Owner ? -1 : difference.Class == DriftClasses.RowSecurity ? int.MaxValue : ObjectKind.Order(difference.Object.Kind);

    /// <summary>What mends a difference, in transactions; null: nothing that is safe.</summary>
    public static IReadOnlyList<IReadOnlyList<string>>? StepsOf(Difference difference, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        try
        {
            return Statements(difference, expected, actual);
        }
        // A definition that is more than one: somebody must look at it.
        catch (UnsafeSqlException)
        {
            return null;
        }
    }

    private static IReadOnlyList<IReadOnlyList<string>>? Statements(Difference difference, CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        var (wanted, there) = (difference.Expected, difference.Actual);
        if (Widening.Is(difference, actual.Facts.Schema)) return null;
        if (difference.Class == DriftClasses.Grants) return One(GrantDdl.Between(wanted!, there!["grants"], wanted!["grants"], actual.Facts.Owner));
        if (difference.Class == DriftClasses.Comment) return One([$"comment on {SqlName.Target(wanted!)} is {(wanted!.Has("comment") ? SqlQuote.Literal(wanted["comment"]) : "null")}"]);
        if (difference.Class == DriftClasses.Owner)
            return wanted!.Kind == ObjectKind.Schema && (wanted["owner"] == there!["owner"] || wanted["owner"] != actual.Facts.Owner) ? null
                : One([$"alter {SqlName.Target(wanted)} owner to {SqlQuote.Name(wanted["owner"] == GrantText.Owner ? actual.Facts.Owner : wanted["owner"])}"]);
        return difference.Object.Kind switch
        {
            ObjectKind.Table or ObjectKind.Column => TableRepair.StepsOf(difference, expected, actual),
            ObjectKind.Other => wanted is not null && there is null ? One(ObjectDdl.Create(wanted, expected)) : null,
            ObjectKind.Constraint => ConstraintRepair.StepsOf(difference, actual),
            ObjectKind.Index => ConstraintRepair.StepsOfIndex(difference),
            ObjectKind.Database or ObjectKind.Role or ObjectKind.Extension or ObjectKind.DefaultPrivileges => ServerRepair.StepsOf(difference, actual),
            _ => ProgramRepair.StepsOf(difference, expected, actual),
        };
    }

    public static IReadOnlyList<IReadOnlyList<string>>? One(IEnumerable<string> statements) => statements.ToList() is { Count: > 0 } all ? [all] : null;

    /// <summary>A name for what stands beside the old one until it takes its place; the same for the same name.</summary>
    public static string Interim(string name) => "holdfast_new_" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name)))[..12];

    /// <summary>A thing that is missing, with all that is said of it.</summary>
    public static IEnumerable<string> Whole(CatalogueObject one, CatalogueSnapshot expected, CatalogueSnapshot actual) =>
        [.. ObjectDdl.Create(one, expected), .. CatalogueDdl.Around(one, expected with { Facts = actual.Facts }, CatalogueDdl.DefaultsOf(actual))];

    /// <summary>A key that an index can be built for first: which, NULLS NOT DISTINCT, its columns and those that are included, and whether it is checked later.</summary>
    [GeneratedRegex(@"^(PRIMARY KEY|UNIQUE)( NULLS NOT DISTINCT)? (\((?:(?! WITHOUT OVERLAPS)[^()])*\)(?: INCLUDE \([^()]*\))?)( DEFERRABLE)?( INITIALLY DEFERRED)?$")]
    public static partial Regex PlainKey();
}
