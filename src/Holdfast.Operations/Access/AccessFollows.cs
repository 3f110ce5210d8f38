using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Access;

/// <summary>
/// What a new table lacks until <c>access apply</c> runs: guard, policies, the exact grants, its part in the functions. A migrator may not make them, so right
/// after the migration they are no drift.
/// </summary>
internal static class AccessFollows
{
    /// <param name="difference">Something that access declares and the server lacks.</param>
    /// <param name="before">The version before the migration.</param>
    public static bool Is(Difference difference, string before)
    {
        var made = Tables.All.Where(table => table.Since > Migration.Number(before)).Select(table => table.Name).ToHashSet(StringComparer.Ordinal);
        if (made.Count == 0) return false;
        var one = difference.Object;
        return one.Kind == ObjectKind.Function
            ? difference.Class == DriftClasses.FunctionBody && (one.Name.StartsWith($"{EraseFunction.Name}(", StringComparison.Ordinal) || one.Name.StartsWith($"{MatchFunction.Name}(", StringComparison.Ordinal))
            : made.Contains(one.Kind == ObjectKind.Table ? one.Name : one.Parent)
              && (difference.Class == DriftClasses.Trigger || difference.Class == DriftClasses.RowSecurity || difference.Class == DriftClasses.Policy || difference.Class == DriftClasses.Grants || difference.Class == DriftClasses.Owner);
    }
}
