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
    /// <summary>The steps in an order in which they can be run, by the order of kinds; what no step mends is left out.</summary>
    public static IReadOnlyList<RepairStep> Plan(IEnumerable<Difference> differences, CatalogueSnapshot expected, CatalogueSnapshot actual) =>
    [
        .. differences.OrderBy(Order).ThenBy(difference => difference.Actual is null ? 0 : 1)
            .Select(difference => StepsOf(difference, expected, actual) is { } steps ? new RepairStep(difference, steps) : null).OfType<RepairStep>(),
    ];

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

    [GeneratedRegex(@"^(PRIMARY KEY|UNIQUE) (\([^()]*\))$")]
    public static partial Regex PlainKey();
}
