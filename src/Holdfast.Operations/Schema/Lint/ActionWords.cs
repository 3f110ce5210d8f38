using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>Reads the words of an action of ALTER TABLE.</summary>
internal static class ActionWords
{
    /// <summary>Whether it starts with these key words.</summary>
    public static bool Starts(this SqlToken[] action, params ReadOnlySpan<string> words) => StartsAt(action, 0, words);

    /// <summary>Whether these key words stand in it one after the other, outside of parentheses.</summary>
    public static bool Says(this SqlToken[] action, params ReadOnlySpan<string> words)
    {
        for (var (i, depth) = (0, 0); i < action.Length; i++)
        {
            depth += TopLevel.Step(action, i);
            if (depth == 0 && StartsAt(action, i, words)) return true;
        }
        return false;
    }

    private static bool StartsAt(SqlToken[] action, int at, ReadOnlySpan<string> words)
    {
        if (action.Length - at < words.Length) return false;
        for (var i = 0; i < words.Length; i++)
            if (!action[at + i].Is(words[i])) return false;
        return true;
    }

    /// <summary>ADD [COLUMN] [IF NOT EXISTS] name …</summary>
    public static bool AddsColumn(this SqlToken[] action) => action.Starts("add") && action.Length > 2
        && !ConstraintRules.Kinds.Any(kind => action[1].Is(kind)) && !action[1].Is("constraint") && !action.Starts("add", "not", "null");

    /// <summary>What follows ADD [CONSTRAINT name]; null where it adds no constraint.</summary>
    public static SqlToken[]? AddedConstraint(this SqlToken[] action)
    {
        if (action.Starts("add", "constraint") && action.Length > 3) return action[3..];
        return action.Starts("add") && action.Length > 1 && (ConstraintRules.Kinds.Any(kind => action[1].Is(kind)) || action.Starts("add", "not", "null")) ? action[1..] : null;
    }

    /// <summary>What follows ALTER [COLUMN] name; null where it alters no column.</summary>
    public static SqlToken[]? AlteredColumn(this SqlToken[] action)
    {
        if (!action.Starts("alter") || action.Starts("alter", "constraint")) return null;
        var at = action.Starts("alter", "column") ? 3 : 2;
        return action.Length > at ? action[at..] : null;
    }
}
