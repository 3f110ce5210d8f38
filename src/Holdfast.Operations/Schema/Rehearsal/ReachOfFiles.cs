using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Rehearsal;

/// <summary>Roles, settings of the server and other databases are the same from a scratch database: what a file does to them there is done.</summary>
internal static class ReachOfFiles
{
    /// <param name="target">The server.</param>
    /// <param name="rows">Its history, which is replayed.</param>
    /// <param name="plan">What is rehearsed, with the way back.</param>
    /// <exception cref="SchemaException">A file would reach beyond its database, or may; nothing was run.</exception>
    public static void Check(MigrationTarget target, IReadOnlyList<HistoryRow> rows, MigrationPlan plan)
    {
        foreach (var file in Files(target, rows, plan))
            if (ServerWideSql.Find(file.Script) is [var first, ..])
                throw new SchemaException($"{target.Name}: {file.File.Script}, line {first.Line}: {first.What} {Why(first.Rule)}. A rehearsal would do it for real, once for each time that it applies the file. Nothing was run. Try the files on the server itself, where they are rolled back: holdfast schema migrate --dry-run --execute");
    }

    private static string Why(string rule) => rule switch
    {
        "dynamic-sql" => "is put together when it runs, and may change what all databases of the server share",
        "unreadable-code" => "is code that is not followed, and may change what all databases of the server share",
        _ => "changes what all databases of the server share, or something outside of them",
    };

    private static IEnumerable<PreparedFile> Files(MigrationTarget target, IReadOnlyList<HistoryRow> rows, MigrationPlan plan)
    {
        foreach (var row in rows.Where(row => row.IsCurrent)) yield return MigrationPlan.FileOf(row, target.Set, target.Name).Prepare(target.Schema);
        // Where a history is replayed to its end, they are run as they are today.
        foreach (var file in target.Set.Repeatable) yield return file.Prepare(target.Schema);
        foreach (var file in plan.Pending)
        {
            yield return file;
            if (file.File.Version is { } version && target.Set.Undo(version) is { } undo) yield return undo.Prepare(target.Schema);
        }
    }
}
