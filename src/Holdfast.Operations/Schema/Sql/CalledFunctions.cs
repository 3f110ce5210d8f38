namespace Holdfast.Operations.Schema.Sql;

/// <summary>Functions of PostgreSQL, and of extensions that are common beside it, whose call is more than a look.</summary>
internal static class CalledFunctions
{
    private static readonly string[] RunsText =
    [
        "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite", "dblink", "dblink_exec", "dblink_open", "dblink_send_query",
        "crosstab", "crosstabn", "connectby", "xpath_table", "exec_sql", "run_command_on_workers", "run_command_on_shards", "run_command_on_placements",
        "run_command_on_coordinator", "run_command_on_all_nodes", "pg_background_launch",
    ];

    private static readonly string[] RunsTextLater = ["schedule", "schedule_in_database", "alter_job"];

    private static readonly string[] Destroys = ["lo_unlink", "lo_truncate", "lo_truncate64", "drop_chunks", "add_retention_policy", "dropgeometrytable", "dropgeometrycolumn"];

    // Where a function or a table of that name is only mentioned.
    private static readonly string[] Mentions = ["function", "procedure", "routine", "table", "into", "exists", "references", "on"];
    private static readonly string[] MentioningCommands = ["grant", "revoke", "comment", "drop", "security"];

    public static bool IsCall(SqlTokenList words, int name)
    {
        if (!words.IsSymbol(name + 1, "(")) return false;
        var first = name;
        while (words.IsSymbol(first - 1, ".")) first -= 2;
        return !words.IsOneOf(first - 1, Mentions) && !words.IsOneOf(words.CommandOf(Math.Max(first, 0)), MentioningCommands);
    }

    public static bool DestroysRows(SqlTokenList words, int name) => Destroys.Contains(words.Name(name)) && IsCall(words, name);

    /// <summary>Whether it runs what one of its arguments says.</summary>
    public static bool Runs(SqlTokenList words, int name) => (RunsText.Contains(words.Name(name)) || RunsTextLater.Contains(words.Name(name))) && IsCall(words, name);

    /// <summary>Whether an argument that is no constant leaves open what it runs; other functions than cron's have these names too.</summary>
    public static bool LeavesOpen(SqlTokenList words, int name)
    {
        if (!RunsText.Contains(words.Name(name)) && words.Name(name - 2) != "cron") return false;
        var close = words.Close(name + 1);
        for (var i = name + 2; i < close; i++)
        {
            var word = words[i];
            var isConstant = word.Kind is SqlTokenKind.Text or SqlTokenKind.Number || word.Is("true") || word.Is("false") || word.Is("null") || words.IsSymbol(i - 1, "::") || words.IsSymbol(i + 1, "=>");
            if (!isConstant && !(word.Kind == SqlTokenKind.Symbol && word.Text is "," or "::" or "=>" or "(" or ")")) return true;
        }
        return false;
    }
}
