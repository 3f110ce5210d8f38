using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Which class a difference is of.</summary>
internal static class DifferenceClass
{
    /// <summary>Of a thing that is missing or too much.</summary>
    public static DriftClass OfWhole(CatalogueObject? expected, CatalogueObject? actual)
    {
        var one = expected ?? actual!;
        return one.Kind switch
        {
            ObjectKind.Table when one.Has("bound") => DriftClasses.Partition,
            ObjectKind.Table => actual is null ? DriftClasses.TableMissing : DriftClasses.TableExtra,
            ObjectKind.Column => actual is null ? DriftClasses.ColumnMissing : DriftClasses.ColumnExtra,
            ObjectKind.Index => actual is null ? DriftClasses.IndexMissing : DriftClasses.IndexExtra,
            ObjectKind.Constraint => OfConstraint(one),
            ObjectKind.View => DriftClasses.ViewDefinition,
            ObjectKind.Function => DriftClasses.FunctionBody,
            ObjectKind.Trigger or ObjectKind.Rule => DriftClasses.Trigger,
            ObjectKind.Policy => DriftClasses.Policy,
            ObjectKind.DefaultPrivileges => DriftClasses.DefaultPrivileges,
            ObjectKind.Extension => DriftClasses.Extension,
            ObjectKind.Enum => DriftClasses.Enum,
            ObjectKind.Domain or ObjectKind.Type => DriftClasses.Domain,
            ObjectKind.Sequence => DriftClasses.Sequence,
            ObjectKind.Role => DriftClasses.Role,
            ObjectKind.Other => DriftClasses.Other,
            _ => DriftClasses.History,
        };
    }

    /// <summary>Of one property; null where the difference does no harm and needs no word.</summary>
    public static DriftClass? OfProperty(CatalogueObject expected, CatalogueObject actual, string property) => (expected.Kind, property) switch
    {
        (_, "comment") => DriftClasses.Comment,
        (ObjectKind.DefaultPrivileges, _) => DriftClasses.DefaultPrivileges,
        (_, "grants") => DriftClasses.Grants,
        // That of a column has its table's; whose column it is is another finding.
        (ObjectKind.Sequence, "owner") when !expected.Has(property) || !actual.Has(property) => null,
        (_, "owner" or "objects_owner") => DriftClasses.Owner,
        (ObjectKind.Role or ObjectKind.Database, "settings") => DriftClasses.Settings,
        (ObjectKind.Role, _) => DriftClasses.Role,
        (ObjectKind.Database, _) => DriftClasses.Collation,
        // Where it lives is the provider's choice (Supabase: the schema extensions).
        (ObjectKind.Extension, "schema") => null,
        (ObjectKind.Extension, _) => DriftClasses.Extension,
        (ObjectKind.Enum, _) => DriftClasses.Enum,
        (ObjectKind.Domain or ObjectKind.Type, _) => DriftClasses.Domain,
        (ObjectKind.Sequence, _) => DriftClasses.Sequence,
        (ObjectKind.Function, "security_definer" or "volatility" or "parallel" or "strict" or "leakproof" or "settings" or "cost" or "rows") => DriftClasses.FunctionAttributes,
        (ObjectKind.Function, _) => DriftClasses.FunctionBody,
        (ObjectKind.Table, "rls" or "force_rls") => DriftClasses.RowSecurity,
        (ObjectKind.Table, "options" or "replica_identity" or "persistence") => DriftClasses.Storage,
        (ObjectKind.Table, _) => DriftClasses.Partition,
        (ObjectKind.Column, "position") => null,
        (ObjectKind.Column, "type") => DriftClasses.ColumnType,
        (ObjectKind.Column, "not_null") => DriftClasses.ColumnNullability,
        (ObjectKind.Column, "not_null_validated") => actual.Has(property) && actual["not_null"] == expected["not_null"] ? DriftClasses.NotValid : null,
        (ObjectKind.Column, "default") => DriftClasses.ColumnDefault,
        (ObjectKind.Column, "collation") => DriftClasses.Collation,
        (ObjectKind.Column, "storage" or "compression" or "statistics" or "options") => DriftClasses.Storage,
        (ObjectKind.Column, _) => DriftClasses.ColumnIdentity,
        (ObjectKind.Other, _) => DriftClasses.Other,
        // Validated meanwhile is better than asked for.
        (ObjectKind.Constraint, "validated") => actual["validated"] == "true" ? null : DriftClasses.NotValid,
        (ObjectKind.Constraint, _) => OfConstraint(expected),
        (ObjectKind.Index, "valid") => DriftClasses.IndexInvalid,
        (ObjectKind.Index, _) => DriftClasses.IndexDefinition,
        (ObjectKind.View, "options") => DriftClasses.ViewOptions,
        (ObjectKind.View, _) => DriftClasses.ViewDefinition,
        (ObjectKind.Policy, _) => DriftClasses.Policy,
        _ => DriftClasses.Trigger,
    };

    private static DriftClass OfConstraint(CatalogueObject constraint) => constraint["type"] switch
    {
        "c" => DriftClasses.Check, "f" => DriftClasses.ForeignKey, _ => DriftClasses.Key,
    };
}
