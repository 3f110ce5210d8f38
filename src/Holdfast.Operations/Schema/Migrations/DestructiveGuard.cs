using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>No way that brings a schema up to date may throw data away unasked.</summary>
internal static class DestructiveGuard
{
    /// <exception cref="SchemaException">A file would, and nobody said why it may.</exception>
    public static void Check(IEnumerable<PreparedFile> files, MigrationOptions options)
    {
        if (options.AllowDestructive is not null) return;
        foreach (var file in files)
            if (DestructiveSql.Find(file.Script) is [var first, ..] found)
                throw new SchemaException($"{file.File.Script}, line {first.Line}: {first.What} throws data away ({first.Rule}{(found.Count > 1 ? $"; {found.Count - 1} more below" : "")}). Nothing was run. If it is meant and a backup has been proven: --allow-destructive \"why\", which the history keeps.");
    }

    /// <summary>What the history says of a file that was let through; null: it needed no leave.</summary>
    public static string? Remark(PreparedFile file, MigrationOptions options) =>
        options.AllowDestructive is { } why && DestructiveSql.Find(file.Script) is { Count: > 0 } found
            ? $"allowed by {Who}: {string.Join(", ", found.Select(statement => $"{statement.What} (line {statement.Line})"))}: {why}" : null;

    public static string Who => $"{Environment.UserName}@{Environment.MachineName}";
}
