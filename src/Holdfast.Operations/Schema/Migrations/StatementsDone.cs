using System.Runtime.CompilerServices;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// Which statements of a file without a transaction are done: a hash chained over them. It stands in <c>chain_hash</c> as long as the file is not ended, where
/// the chain of files has no link yet; spaces and comments do not count.
/// </summary>
internal static class StatementsDone
{
    private const string Prefix = "statements:";

    // The next mark goes on from the last one: from the beginning each time, a file of many statements would be read as often as it has some.
    private static readonly ConditionalWeakTable<SqlScript, LastMark> Marks = [];

    /// <summary>The mark of the first <paramref name="count"/> statements.</summary>
    public static string Mark(SqlScript script, int count)
    {
        var last = Marks.GetOrCreateValue(script);
        lock (last)
        {
            if (last.Count > count) (last.Count, last.Chain) = (0, "");
            for (; last.Count < count; last.Count++) last.Chain = Migration.Hash($"{last.Chain}\n{Words(script.Statements[last.Count])}");
            return Prefix + last.Chain;
        }
    }

    /// <summary>False where a row was written by an older program, which kept no mark.</summary>
    public static bool IsKnown(HistoryRow row) => row.LastStatement == 0 || row.ChainHash.StartsWith(Prefix, StringComparison.Ordinal);

    /// <exception cref="SchemaException">The file begins with other statements than those that are done.</exception>
    public static void Check(HistoryRow row, PreparedFile file, string target)
    {
        var done = (int)row.LastStatement;
        if (done > file.Statements)
            throw new SchemaException($"{target}: {row.LastStatement} statements of {row.Script} are done and the file has {file.Statements} now. Put the ones that are done back.");
        if (done == 0 || !IsKnown(row) || Mark(file.Script, done) == row.ChainHash) return;
        throw new SchemaException(
            $"{target}: {(done == 1 ? "1 statement" : $"{done} statements")} of {row.Script} {(done == 1 ? "is" : "are")} done, and the file begins with something else by now ({(done == 1 ? "" : "up to ")}line {file.Script.Statements[done - 1].Line}): one would run twice or never. "
            + "Put what is done back at its beginning, as it was; what is to be done besides stands behind it, or in a file of its own. Nothing was changed.");
    }

    private sealed class LastMark
    {
        public int Count { get; set; }

        public string Chain { get; set; } = "";
    }

    // Between two words there is one space, whatever stands there.
    private static string Words(SqlStatement statement) =>
        string.Join(' ', statement.Tokens.Select(token => statement.Sql[(token.Start - statement.Tokens[0].Start)..(token.End - statement.Tokens[0].Start)]));
}
