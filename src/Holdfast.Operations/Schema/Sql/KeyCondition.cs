namespace Holdfast.Operations.Schema.Sql;

/// <summary>Whether a WHERE narrows a change to some rows: by a comparison of a column of the changed table that every row must pass.</summary>
/// <remarks><c>true</c>, <c>1 = 1</c>, <c>id = id</c>, <c>id &lt;&gt; 7</c>, <c>id is not null</c> and <c>not (…)</c> keep nearly every row in, and an OR is as wide as its widest side.</remarks>
internal static class KeyCondition
{
    private static readonly string[] Operators = ["=", "<", ">", "<=", ">=", "~", "~*", "^@", "@>", "<@", "&&", "@@"];
    private static readonly string[] Words = ["in", "between", "like", "ilike", "similar", "is"];

    /// <param name="condition">The words after WHERE.</param>
    /// <param name="targets">The names by which the table's columns may be called.</param>
    public static bool Holds(ReadOnlySpan<SqlToken> condition, string[] targets) => Holds(condition, targets, qualified: false);

    private static bool Holds(ReadOnlySpan<SqlToken> condition, string[] targets, bool qualified)
    {
        condition = TopLevel.Unwrap(condition);
        if (TopLevel.IndexOf(condition, "or") is >= 0 and var or)
            return Holds(condition[..or], targets, qualified) && Holds(condition[(or + 1)..], targets, qualified);
        if (IndexOfAnd(condition) is >= 0 and var and)
            return Holds(condition[..and], targets, qualified) || Holds(condition[(and + 1)..], targets, qualified);
        if (condition is [] || condition[0].Is("not")) return false;
        if (condition.Length == 3 && condition[0].Is("current") && condition[1].Is("of")) return true;
        if (condition[0].Is("exists")) return Exists(TopLevel.Unwrap(condition[1..]), targets);
        return Compares(condition, targets, qualified);
    }

    /// <summary>In a subquery only a column that is called by the changed table's name narrows the change.</summary>
    private static bool Exists(ReadOnlySpan<SqlToken> query, string[] targets)
    {
        var where = TopLevel.IndexOf(query, "where");
        return where >= 0 && Holds(query[(where + 1)..TopLevel.EndOfWhere(query)], targets, qualified: true);
    }

    private static bool Compares(ReadOnlySpan<SqlToken> atom, string[] targets, bool qualified)
    {
        for (var (i, depth) = (0, 0); i < atom.Length; i++)
        {
            depth += TopLevel.Step(atom, i);
            var isSymbol = atom[i].Kind == SqlTokenKind.Symbol && Operators.Contains(atom[i].Text);
            if (depth != 0 || !(isSymbol || IsWord(atom[i]))) continue;
            if (i > 0 && atom[i - 1].Is("not")) return false;
            var left = atom[..i];
            var right = atom[(i + 1)..];
            if (atom[i].Is("is") && right is [var not, ..] && (not.Is("not") || not.Is("distinct"))
                && !(not.Is("not") && right.Length > 2 && right[1].Is("distinct"))) return false;
            return !Same(left, right) && (HasColumn(left, targets, qualified) || HasColumn(right, targets, qualified));
        }
        return false;
    }

    private static bool IsWord(SqlToken token) => token.Kind == SqlTokenKind.Word && Words.Contains(token.Text, StringComparer.OrdinalIgnoreCase);

    private static bool Same(ReadOnlySpan<SqlToken> left, ReadOnlySpan<SqlToken> right)
    {
        if (left.Length != right.Length) return false;
        for (var i = 0; i < left.Length; i++)
            if ((left[i].Name ?? left[i].Text) != (right[i].Name ?? right[i].Text)) return false;
        return true;
    }

    private static bool HasColumn(ReadOnlySpan<SqlToken> side, string[] targets, bool qualified)
    {
        for (var i = 0; i < side.Length; i++)
        {
            if (side[i].IsSymbol("(") && i + 1 < side.Length && (side[i + 1].Is("select") || side[i + 1].Is("with") || side[i + 1].Is("values")))
            {
                i = TopLevel.Close(side, i);
                continue;
            }
            if (side[i].IsSymbol("::") || side[i].Is("collate") || (side[i].Is("as") && i > 0))
            {
                // A type or a collation: its words are no columns.
                while (i + 1 < side.Length && (side[i + 1].Name is not null || side[i + 1].IsSymbol("."))) i++;
                continue;
            }
            if (side[i].Name is null || !SqlWords.MayBeColumn(side[i])) continue;
            if (i > 0 && side[i - 1].Kind == SqlTokenKind.Text && side[i].Kind == SqlTokenKind.Word) continue;
            var first = i;
            while (i + 2 < side.Length && side[i + 1].IsSymbol(".") && (side[i + 2].Name is not null || side[i + 2].IsSymbol("*"))) i += 2;
            // A function, a type before its constant, or a field that EXTRACT takes.
            if (i + 1 < side.Length && (side[i + 1].IsSymbol("(") || side[i + 1].Kind == SqlTokenKind.Text || side[i + 1].Is("from"))) continue;
            if (i == first ? !qualified : targets.Contains(side[i - 2].Name)) return true;
        }
        return false;
    }

    /// <summary>The first AND that joins two conditions; that of BETWEEN joins two values.</summary>
    private static int IndexOfAnd(ReadOnlySpan<SqlToken> condition)
    {
        for (var (i, depth, between) = (0, 0, 0); i < condition.Length; i++)
        {
            depth += TopLevel.Step(condition, i);
            if (depth != 0) continue;
            if (condition[i].Is("between")) between++;
            else if (condition[i].Is("and") && between-- <= 0) return i;
        }
        return -1;
    }
}
