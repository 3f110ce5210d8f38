using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The strongest lock that a statement takes on what is there already, by PostgreSQL's names, and on which tables.</summary>
/// <param name="Mode">The lock; null: none that a reader or writer of a table would meet. "?" where only running it tells.</param>
/// <param name="Tables">The tables.</param>
internal sealed record StatementLock(string? Mode, IReadOnlyList<string> Tables)
{
    private const string AccessExclusive = "ACCESS EXCLUSIVE";
    private const string Exclusive = "EXCLUSIVE";
    private const string ShareRowExclusive = "SHARE ROW EXCLUSIVE";
    private const string Share = "SHARE";
    private const string ShareUpdateExclusive = "SHARE UPDATE EXCLUSIVE";
    private const string RowExclusive = "ROW EXCLUSIVE";
    private const string AccessShare = "ACCESS SHARE";

    private static readonly string[] Order = [AccessExclusive, Exclusive, ShareRowExclusive, Share, ShareUpdateExclusive, RowExclusive, AccessShare];

    /// <summary>Whoever writes to the table waits.</summary>
    public bool StopsWriters => Mode is AccessExclusive or Exclusive or ShareRowExclusive or Share;

    /// <summary>Whoever reads the table waits, too.</summary>
    public bool StopsReaders => Mode is AccessExclusive;

    public static StatementLock Of(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        int Behind(params ReadOnlySpan<string> words) => RelationName.Skip(tokens, 2, words);
        switch (tokens[0].Name)
        {
            case "do" or "call": return new("?", []);
            case "insert": return On(RowExclusive, 2);
            case "update": return On(RowExclusive, 1);
            case "delete" or "merge": return On(RowExclusive, 2);
            case "copy": return On(RowExclusive, 1);
            case "select" or "with" or "table" or "values": return new(AccessShare, []);
            case "truncate": return All(AccessExclusive, RelationName.Skip(tokens, 1, "table"));
            case "vacuum": return new(tokens.Any(token => token.Is("full")) ? AccessExclusive : ShareUpdateExclusive, []);
            case "analyze": return On(ShareUpdateExclusive, 1);
            case "cluster": return On(AccessExclusive, 1);
            case "lock": return new(LockMode(tokens), [.. RelationName.List(tokens, RelationName.Skip(tokens, 1, "table")).Select(name => name.ToString())]);
            case "reindex": return new(ConcurrentIndex.Of(statement) is null ? AccessExclusive : ShareUpdateExclusive, []);
            case "refresh": return new(tokens.Any(token => token.Is("concurrently")) ? Exclusive : AccessExclusive, []);
        }
        if (ConcurrentIndex.Of(statement) is { } index) return new(ShareUpdateExclusive, index.Table is { } table ? [table.ToString()] : []);
        if (statement.StartsWith("create", "index") || statement.StartsWith("create", "unique")) return Named(Share, "on");
        if (statement.StartsWith("create") && tokens.Skip(1).Take(3).Any(token => token.Is("trigger"))) return Named(ShareRowExclusive, "on");
        if (statement.StartsWith("create", "policy") || statement.StartsWith("create", "rule") || statement.StartsWith("drop", "policy") || statement.StartsWith("drop", "trigger") || statement.StartsWith("drop", "rule"))
            return Named(AccessExclusive, tokens.Any(token => token.Is("to")) && statement.StartsWith("create", "rule") ? "to" : "on");
        if (statement.StartsWith("create", "table")) return tokens.Any(token => token.Is("references")) ? Named(ShareRowExclusive, "references") : new(null, []);
        if (statement.StartsWith("drop", "table")) return All(AccessExclusive, Behind("if", "exists"));
        if (statement.StartsWith("drop", "index")) return new(AccessExclusive, ["the table of " + string.Join(", ", RelationName.List(tokens, Behind("if", "exists")))]);
        if (statement.StartsWith("comment", "on", "table") || statement.StartsWith("comment", "on", "column")) return On(ShareUpdateExclusive, 3);
        if (statement.StartsWith("alter", "index")) return new(ShareUpdateExclusive, ["index " + RelationName.Read(tokens, Behind("if", "exists"))?.Name]);
        return statement.StartsWith("alter", "table") ? Alter(tokens) : new(null, []);

        StatementLock On(string mode, int at) => new(mode, RelationName.Read(tokens, RelationName.Skip(tokens, at, "only")) is var (name, _) ? [name.ToString()] : []);
        StatementLock All(string mode, int at) => new(mode, [.. RelationName.List(tokens, at).Select(name => name.ToString())]);
        StatementLock Named(string mode, string word)
        {
            for (var i = 0; i < tokens.Count; i++)
                if (tokens[i].Is(word)) return On(mode, i + 1);
            return new(mode, []);
        }
    }

    private static StatementLock Alter(IReadOnlyList<SqlToken> tokens)
    {
        if (RelationName.Read(tokens, RelationName.Skip(tokens, 2, "if", "exists", "only")) is not var (table, at)) return new(AccessExclusive, []);
        var tables = new List<string> { table.ToString() };
        var strongest = Order.Length - 1;
        var (depth, begins) = (0, true);
        for (; at < tokens.Count; at++)
        {
            if (begins) strongest = Math.Min(strongest, Array.IndexOf(Order, Subcommand(tokens, at)));
            if (tokens[at].Is("references") && RelationName.Read(tokens, at + 1) is var (other, _)) tables.Add(other.ToString());
            if (tokens[at].IsSymbol("(")) depth++;
            else if (tokens[at].IsSymbol(")")) depth--;
            begins = depth == 0 && tokens[at].IsSymbol(",");
        }
        return new(Order[strongest], tables);
    }

    // https://www.postgresql.org/docs/current/sql-altertable.html names those that take less than ACCESS EXCLUSIVE.
    private static string Subcommand(IReadOnlyList<SqlToken> tokens, int at)
    {
        bool Follows(params ReadOnlySpan<string> words)
        {
            for (var i = 0; i < words.Length; i++)
                if (at + i >= tokens.Count || !tokens[at + i].Is(words[i])) return false;
            return true;
        }
        var rest = tokens.Skip(at + 1).TakeWhile(token => !token.IsSymbol(",")).ToList();
        if (Follows("validate", "constraint") || Follows("attach", "partition") || Follows("cluster", "on") || Follows("set", "without", "cluster")) return ShareUpdateExclusive;
        if (Follows("detach", "partition") && tokens[^1].Is("concurrently")) return ShareUpdateExclusive;
        if ((Follows("set") || Follows("reset")) && at + 1 < tokens.Count && tokens[at + 1].IsSymbol("(")) return ShareUpdateExclusive;
        if (Follows("alter") && rest.Any(token => token.Is("statistics"))) return ShareUpdateExclusive;
        if (Follows("add") && rest.Any(token => token.Is("foreign"))) return ShareRowExclusive;
        return (Follows("enable") || Follows("disable")) && rest.Any(token => token.Is("trigger")) ? ShareRowExclusive : AccessExclusive;
    }

    private static string LockMode(IReadOnlyList<SqlToken> tokens)
    {
        var mode = string.Join(' ', tokens.SkipWhile(token => !token.Is("in")).Skip(1).TakeWhile(token => !token.Is("mode")).Select(token => token.Text.ToUpperInvariant()));
        return mode.Length > 0 ? mode : AccessExclusive;
    }
}
