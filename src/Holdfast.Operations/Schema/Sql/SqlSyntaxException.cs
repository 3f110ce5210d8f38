namespace Holdfast.Operations.Schema.Sql;

/// <summary>A file that cannot be read as SQL; nothing of it was run.</summary>
public sealed class SqlSyntaxException : HoldfastException
{
    internal SqlSyntaxException(string what, string sql, int at)
        : base($"Line {LineOf(sql, at)}: {what}. Nothing was run; mend the file.") => Line = LineOf(sql, at);

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    internal static int LineOf(string sql, int at) => sql.AsSpan(0, Math.Min(at, sql.Length)).Count('\n') + 1;
}
