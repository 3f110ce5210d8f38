using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Access;

/// <summary>
/// What access makes of a schema, for the drift check: where it was applied, its owner, grants, guard and policies belong to
/// what should be there, as what the migrations make does.
/// </summary>
internal static class DeclaredAccess
{
    /// <summary>The statements, with <c>{schema}</c>; none where access was never applied.</summary>
    /// <param name="found">The schema as it is. That its owner role owns it says that access was applied; that there is a relay role, that tenants are kept apart.</param>
    public static IReadOnlyList<string> Statements(CatalogueSnapshot found)
    {
        var schema = found.Facts.Schema;
        if (found.Facts.Owner != RoleSpecs.Owner(schema) || HistoryCheck.Through(found) is not { } through) return [];
        var options = new AccessOptions(RowSecurity: found.Find(ObjectKind.Role, "", RoleSpecs.NameOf(schema, "relay")) is not null);
        // A table that a later migration makes is not there yet.
        var later = Tables.All.Where(table => table.Since > Migration.Number(through)).Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        return [.. AccessScript.SchemaStatements(CanonicalText.Schema, schema, options).Where(statement => !later.Contains(statement.Subject.Split('.')[0])).Select(statement => statement.Sql)];
    }
}
