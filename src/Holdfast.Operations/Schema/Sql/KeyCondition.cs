namespace Holdfast.Operations.Schema.Sql;

/// <summary>Whether a WHERE narrows a change to some rows: by a comparison of a column of the changed table that every row must pass.</summary>
/// <remarks>
/// <c>true</c>, <c>1 = 1</c>, <c>id = id</c>, <c>id &lt;&gt; 7</c>, <c>id is not null</c> and <c>not (…)</c> keep nearly every row in, and an OR is as wide as its widest side.
/// So may <c>id &gt; 0</c>, a range or a pattern: where only equality will do, they are none.
/// </remarks>
/// <param name="table">The table that is changed.</param>
/// <param name="targets">The names by which the table's columns may be called.</param>
/// <param name="byEquality">Only <c>=</c>, <c>in</c>, <c>is not distinct from</c> and the condition of a join narrow, as before a DELETE; and of those only one that compares a column itself (<see cref="KeyedColumn"/>).</param>
internal sealed class KeyCondition(string table, string[] targets, bool byEquality)
{
    private static readonly string[] Equalities = ["=", "in"];
    private static readonly string[] Ranges = ["<", ">", "<=", ">=", "~", "~*", "^@", "@>", "<@", "&&", "@@", "between", "like", "ilike", "similar"];

    // What makes a truth value of its sides: beside a second comparison the first one says nothing.
    private static readonly string[] Truths = [.. Equalities, .. Ranges, "<>", "!=", "!~", "!~*", "is", "isnull", "notnull", "not", "and", "or", "exists", "case"];

    /// <param name="condition">The words after WHERE.</param>
    /// <param name="joined">The tables that the rows are joined with.</param>
    public bool Holds(ReadOnlySpan<SqlToken> condition, ReadOnlySpan<SqlToken> joined = default) => Holds(condition, KeyScope.Of(table, targets, joined, qualified: false));

    private bool Holds(ReadOnlySpan<SqlToken> condition, KeyScope qualified)
    {
        condition = TopLevel.Unwrap(condition);
        // Not one inside of the other: a list of thousands of conditions is as deep as it is long.
        if (TopLevel.All(condition, "or") is { Count: > 0 } ors) return Parts(condition, ors, qualified, all: true);
        if (Ands(condition) is { Count: > 0 } ands) return Parts(condition, ands, qualified, all: false);
        if (condition is [] || condition[0].Is("not")) return false;
        if (condition.Length == 3 && condition[0].Is("current") && condition[1].Is("of")) return true;
        if (condition[0].Is("exists")) return Exists(TopLevel.Unwrap(condition[1..]));
        return Compares(condition, qualified);
    }

    private bool Parts(ReadOnlySpan<SqlToken> condition, List<int> between, KeyScope qualified, bool all)
    {
        var start = 0;
        foreach (var end in between.Append(condition.Length))
        {
            if (Holds(condition[start..end], qualified) != all) return !all;
            start = end + 1;
        }
        return all;
    }

    /// <summary>In a subquery only a column that is called by the changed table's name narrows the change.</summary>
    private bool Exists(ReadOnlySpan<SqlToken> query)
    {
        var (from, where) = (TopLevel.IndexOf(query, "from"), TopLevel.IndexOf(query, "where"));
        return where >= 0 && Holds(query[(where + 1)..TopLevel.EndOfWhere(query)], KeyScope.Of(table, targets, from >= 0 && from < where ? query[(from + 1)..where] : [], qualified: true));
    }

    private bool Compares(ReadOnlySpan<SqlToken> atom, KeyScope qualified)
    {
        if (IndexOfTruth(atom, false) is not (>= 0 and var at)) return false;
        var word = atom[at];
        var left = atom[..at];
        var right = atom[(at + 1)..];
        if (word.Is("is"))
        {
            var same = right.Length > 2 && right[0].Is("not") && right[1].Is("distinct");
            if (!same && (byEquality || right is [] || right[0].Is("not") || right[0].Is("distinct"))) return false;
            if (same) right = right[3..];
        }
        else if (!IsOneOf(word, Equalities) && (byEquality || !IsOneOf(word, Ranges))) return false;
        // "id = 1 is not true", "id in (1) = false": what is compared is no column but a truth value.
        if (IndexOfTruth(right, word.Is("between")) >= 0) return false;

        var (ofLeft, ofRight) = (Columns(left, qualified, qualified.Same), Columns(right, qualified, qualified.Same));
        if (ofLeft.Intersect(ofRight).Any()) return false;
        if (byEquality)
        {
            if (IsKey(left, right, qualified)) return !Begins(right, "all");
            return !word.Is("in") && !Begins(right, "any") && !Begins(right, "some") && !Begins(right, "all") && IsKey(right, left, qualified);
        }
        if (ofLeft.Count > 0 && !HasTruth(left)) return true;
        return ofRight.Count > 0 && !HasTruth(right);
    }

    // What is computed from the row itself may be the same in every row. A list that has a column in it may have the constant too.
    private bool IsKey(ReadOnlySpan<SqlToken> side, ReadOnlySpan<SqlToken> other, KeyScope scope) =>
        KeyedColumn.Is(side, scope) && Columns(other, scope with { IsQualified = true }, targets).Count == 0;

    private static bool Begins(ReadOnlySpan<SqlToken> words, string word) => words is [var first, ..] && first.Is(word);

    private static bool IsOneOf(SqlToken token, string[] of) => token.Kind is SqlTokenKind.Word or SqlTokenKind.Symbol && of.Contains(token.Text, StringComparer.OrdinalIgnoreCase);

    /// <summary>The first word outside of parentheses that makes a truth value, or -1; the AND of a BETWEEN makes none.</summary>
    private static int IndexOfTruth(ReadOnlySpan<SqlToken> words, bool between)
    {
        for (var (i, depth) = (0, 0); i < words.Length; i++)
        {
            depth += TopLevel.Step(words, i);
            if (depth != 0 || !IsOneOf(words[i], Truths)) continue;
            if (!between || !words[i].Is("and")) return i;
            between = false;
        }
        return -1;
    }

    private static bool HasTruth(ReadOnlySpan<SqlToken> side)
    {
        for (var i = 0; i < side.Length; i++)
        {
            if (IsOneOf(side[i], Truths)) return true;
            if (IsQuery(side, i)) i = TopLevel.Close(side, i);
        }
        return false;
    }

    private static bool IsQuery(ReadOnlySpan<SqlToken> side, int i) => side[i].IsSymbol("(") && i + 1 < side.Length && (side[i + 1].Is("select") || side[i + 1].Is("with") || side[i + 1].Is("values"));

    /// <summary>The columns of the changed table, but for those in a subquery from somewhere.</summary>
    private static List<string> Columns(ReadOnlySpan<SqlToken> side, KeyScope scope, string[] of)
    {
        var columns = new List<string>();
        for (var i = 0; i < side.Length; i++)
        {
            if (IsQuery(side, i))
            {
                var close = TopLevel.Close(side, i);
                if (TopLevel.IndexOf(side[(i + 1)..close], "from") >= 0 || !side[i + 1].Is("select")) i = close;
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
            if (i == first ? !scope.IsQualified : of.Contains(side[i - 2].Name)) columns.Add(side[i].Name ?? "*");
        }
        return columns;
    }

    /// <summary>Each AND that joins two conditions; that of BETWEEN joins two values.</summary>
    private static List<int> Ands(ReadOnlySpan<SqlToken> condition)
    {
        var places = new List<int>();
        for (var (i, depth, between) = (0, 0, 0); i < condition.Length; i++)
        {
            depth += TopLevel.Step(condition, i);
            if (depth != 0) continue;
            if (condition[i].Is("between")) between++;
            else if (condition[i].Is("and") && between > 0) between--;
            else if (condition[i].Is("and")) places.Add(i);
        }
        return places;
    }
}
