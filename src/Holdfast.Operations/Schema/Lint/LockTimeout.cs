using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Whether a wait for a lock ends: the runner sets a limit before every file, and a file may change it.</summary>
internal static class LockTimeout
{
    private static readonly string[] Locking = ["alter", "drop", "create", "truncate", "lock", "reindex", "cluster", "refresh", "vacuum", "comment"];

    // They make something that nobody holds a lock on yet.
    private static readonly string[] Free = ["table", "schema", "function", "procedure", "type", "sequence", "view", "extension", "role", "user", "temp", "temporary", "unlogged", "domain", "aggregate"];

    /// <summary>True or false where the statement sets the limit or takes it away; null where it is about something else.</summary>
    public static bool? Of(IReadOnlyList<SqlToken> words)
    {
        if (words is [var reset, var all] && reset.Is("reset") && (all.Is("all") || all.Is("lock_timeout"))) return false;
        if (words.Count < 4 || !words[0].Is("set")) return null;
        var at = words[1].Is("local") || words[1].Is("session") ? 2 : 1;
        if (!words[at].Is("lock_timeout") || at + 2 >= words.Count) return null;
        var value = words[at + 2];
        return !value.Is("default") && value.Text.TrimStart('0').Trim() is not ("" or "s" or "ms" or "min");
    }

    public static bool IsNeeded(LintedStatement statement)
    {
        var words = statement.Words;
        if (!Locking.Any(word => words[0].Is(word))) return false;
        if (!words[0].Is("create") || words.Count < 2) return true;
        // A foreign key locks the table that it refers to; what is replaced may be in use.
        return words[1].Is("or") ? words.Count > 3 && words[3].Is("view") : words.Any(word => word.Is("references")) || !Free.Any(word => words[1].Is(word));
    }
}
