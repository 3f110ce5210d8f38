namespace Holdfast.Operations.Schema.Sql;

/// <summary>Looks through the words of one statement, or of one body, for commands that throw something away.</summary>
/// <param name="sql">The text that the words stand in.</param>
/// <param name="firstLine">The line of the file that the text starts on.</param>
/// <param name="tokens">The words, without comments.</param>
/// <param name="found">Takes what is found.</param>
internal sealed class DestructiveScan(string sql, int firstLine, IReadOnlyList<SqlToken> tokens, List<DestructiveStatement> found)
{
    private static readonly string[] BeforeCommand = ["begin", "then", "else", "loop", "atomic", "exception"];
    private static readonly string[] BeforeChange = ["do", "also", "instead", "explain", "analyze", "analyse", "verbose", "query", "in"];

    // Functions that run a text as SQL, of PostgreSQL itself and of the extensions that come with it or are common beside it.
    private static readonly string[] Runners =
    [
        "query_to_xml", "query_to_xmlschema", "query_to_xml_and_xmlschema", "ts_stat", "ts_rewrite", "dblink", "dblink_exec",
        "dblink_open", "dblink_send_query", "crosstab", "crosstabn", "connectby", "schedule", "schedule_in_database", "run_command_on_workers", "exec_sql",
    ];

    public void Run()
    {
        for (var i = 0; i < tokens.Count; i++)
        {
            if (IsCommandStart(i)) Command(i);
            if (IsCommandStart(i) || IsChangeStart(i)) Change(i);
            if (Is(i, "then") && Is(i + 1, "delete") && !Is(i + 2, "from") && tokens.Take(i).Any(token => token.Is("merge"))) Add("merge-delete", i + 1, EndOf(i));
            if (Is(i, "execute") && IsBodyStart(i)) Dynamic(i);
            if (tokens[i].Name is { } name && Runners.Contains(name) && IsSymbol(i + 1, "(")) Arguments(i + 1);
        }
    }

    private void Command(int start)
    {
        var end = EndOf(start);
        if (Is(start, "drop")) Drop(start, end);
        else if (Is(start, "truncate")) Add("truncate", start, end);
        else if (Is(start, "alter")) Alter(start, end);
        else if (Is(start, "create") && Is(start + 1, "database")) Add("create-database", start, end);
        else if (Is(start, "do")) Body(start, end, Language(start, end));
        else if (Is(start, "create") && Enumerable.Range(start + 1, 3).Any(i => Is(i, "function") || Is(i, "procedure"))) Routine(start, end);
    }

    private void Drop(int start, int end)
    {
        var rule = (start + 1 < end ? tokens[start + 1].Name : null) switch
        {
            "table" => "drop-table",
            "foreign" when Is(start + 2, "table") => "drop-table",
            "schema" => "drop-schema",
            "database" => "drop-database",
            "owned" => "drop-owned",
            "extension" => "drop-extension",
            _ => Is(end - 1, "cascade") ? "drop-cascade" : null,
        };
        if (rule is not null) Add(rule, start, end);
    }

    private void Alter(int start, int end)
    {
        if (Is(start + 1, "database"))
        {
            if (Is(start + 3, "rename")) Add("rename-database", start, end);
            return;
        }
        var table = Is(start + 1, "foreign") ? start + 2 : start + 1;
        if (!Is(table, "table") && !Is(table, "type")) return;
        var at = table + 1;
        if (Is(at, "if") && Is(at + 1, "exists")) at += 2;
        if (Is(at, "only")) at++;
        if (IsSymbol(at, "(")) at++;
        while (IsSymbol(at + 1, ".")) at += 2;
        for (at++; IsSymbol(at, "*") || IsSymbol(at, ")");) at++;
        // From here on one action after the other; the commas between them stand outside of parentheses.
        for (var (action, depth) = (true, 0); at < end; at++)
        {
            if (action && Is(at, "drop") && !Is(at + 1, "constraint")) Add("drop-column", start, end, at);
            depth += IsSymbol(at, "(") ? 1 : IsSymbol(at, ")") ? -1 : 0;
            action = depth == 0 && IsSymbol(at, ",");
        }
    }

    private void Change(int start)
    {
        var isDelete = Is(start, "delete") && Is(start + 1, "from");
        if (!isDelete && !Is(start, "update")) return;
        var end = EndOf(start);
        var words = tokens.Take(end).Skip(start).ToArray();
        var set = TopLevel.IndexOf(words, "set");
        if (!isDelete && set < 2) return; // "for update", "do update set" of an upsert, a column named update
        var where = TopLevel.IndexOf(words, "where");
        var returning = TopLevel.IndexOf(words, "returning");
        var condition = where < 0 ? [] : words[(where + 1)..(returning > where ? returning : words.Length)];
        if (where < 0 || !new KeyCondition(Target(words, isDelete ? 2 : 1), byEquality: isDelete).Holds(condition)) Add(isDelete ? "delete-without-key" : "update-without-key", start, end);
    }

    /// <summary>The names by which the columns of the table may be called.</summary>
    private static string[] Target(SqlToken[] words, int at)
    {
        if (words.Length > at && words[at].Is("only")) at++;
        if (words.Length > at && words[at].IsSymbol("(")) at++;
        while (words.Length > at + 2 && words[at + 1].IsSymbol(".")) at += 2;
        if (at >= words.Length) return [];
        var name = words[at].Name ?? "";
        for (at++; words.Length > at && (words[at].IsSymbol("*") || words[at].IsSymbol(")") || words[at].Is("as"));) at++;
        return at < words.Length && words[at].Name is { } alias && alias is not ("where" or "using" or "set" or "returning") ? [alias] : [name];
    }

    private void Routine(int start, int end)
    {
        var language = Language(start, end);
        for (var i = start; i < end; i++)
            if (Is(i, "as") && i + 1 < end && tokens[i + 1].Kind == SqlTokenKind.Text) Body(i, end, language);
    }

    private void Body(int start, int end, string language)
    {
        var at = start + 1;
        while (at < end && tokens[at].Kind != SqlTokenKind.Text) at++;
        // "language 'plpgsql'" may stand before the body.
        if (at < end && Is(at - 1, "language")) for (at++; at < end && tokens[at].Kind != SqlTokenKind.Text;) at++;
        if (at >= end) return;
        if (language is "plpgsql" or "sql") Nested(at, "unreadable-code", start, end);
        else if (ForeignCode.SaysDestructive(tokens[at].Text)) Add("unreadable-code", start, end);
    }

    private void Nested(int at, string unreadable, int start, int end)
    {
        if (SqlText.Unescape(sql, tokens[at], Is(at + 1, "uescape")) is { } body) Nested(body, LineOf(tokens[at].Start), unreadable, start, end);
        else Add(unreadable, start, end);
    }

    private void Nested(string body, int line, string unreadable, int start, int end)
    {
        try
        {
            new DestructiveScan(body, line, [.. SqlTokenizer.Read(body).Where(token => token.Kind != SqlTokenKind.Comment)], found).Run();
        }
        catch (SqlSyntaxException)
        {
            Add(unreadable, start, end);
        }
    }

    /// <summary>EXECUTE in a body: the text is put together as far as it is known; where not even its start is, it may be anything.</summary>
    private void Dynamic(int start)
    {
        var end = EndOf(start);
        var words = tokens.Take(end).Skip(start + 1).TakeWhile(token => !token.Is("into") && !token.Is("using")).ToArray();
        if (SqlText.Assemble(sql, words) is { } text) Nested(text, LineOf(tokens[start].Start), "dynamic-sql", start, end);
        else Add("dynamic-sql", start, end);
    }

    private void Arguments(int open)
    {
        for (var (i, depth) = (open, 0); i < tokens.Count; i++)
        {
            depth += IsSymbol(i, "(") ? 1 : IsSymbol(i, ")") ? -1 : 0;
            if (depth == 0) return;
            if (tokens[i].Kind == SqlTokenKind.Text && SqlText.Unescape(sql, tokens[i], false) is { } text && ForeignCode.SaysDestructive(text)) Nested(text, LineOf(tokens[i].Start), "dynamic-sql", open - 1, i);
        }
    }

    private string Language(int start, int end)
    {
        for (var i = start; i < end - 1; i++)
            if (Is(i, "language")) return (tokens[i + 1].Name ?? tokens[i + 1].Text).ToLowerInvariant();
        return Is(start, "do") ? "plpgsql" : "sql";
    }

    private bool IsBodyStart(int i) => i == 0 ? false : IsSymbol(i - 1, ";") || IsSymbol(i - 1, ">>") || IsOneOf(i - 1, BeforeCommand) || IsOneOf(i - 1, ["query", "in", "for"]);

    private bool IsCommandStart(int i) => i == 0 || IsSymbol(i - 1, ";") || IsSymbol(i - 1, ">>") || IsOneOf(i - 1, BeforeCommand);

    private bool IsChangeStart(int i) => i > 0 && (IsSymbol(i - 1, "(") || IsSymbol(i - 1, ")") || IsOneOf(i - 1, BeforeChange) || (Is(i - 1, "as") && Is(0, "prepare")));

    private bool IsOneOf(int i, string[] words) => tokens[i].Kind == SqlTokenKind.Word && words.Contains(tokens[i].Text, StringComparer.OrdinalIgnoreCase);

    /// <summary>Where the command ends that starts there: at its semicolon, at the parenthesis around it, or where a loop over it begins.</summary>
    private int EndOf(int start)
    {
        for (var (i, depth) = (start, 0); i < tokens.Count; i++)
        {
            depth += IsSymbol(i, "(") ? 1 : IsSymbol(i, ")") ? -1 : 0;
            if (depth < 0 || (depth == 0 && (IsSymbol(i, ";") || Is(i, "loop")))) return i;
        }
        return tokens.Count;
    }

    private bool Is(int i, string word) => i >= 0 && i < tokens.Count && tokens[i].Is(word);

    private bool IsSymbol(int i, string symbol) => i < tokens.Count && tokens[i].IsSymbol(symbol);

    private int LineOf(int at) => firstLine - 1 + SqlSyntaxException.LineOf(sql, at);

    private void Add(string rule, int start, int end, int? at = null)
    {
        var what = string.Join(' ', sql[tokens[start].Start..tokens[Math.Max(start, end - 1)].End].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        found.Add(new DestructiveStatement(rule, what.Length <= 120 ? what : what[..119] + "…", LineOf(tokens[at ?? start].Start)));
    }
}
