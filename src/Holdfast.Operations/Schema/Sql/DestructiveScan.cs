namespace Holdfast.Operations.Schema.Sql;

/// <summary>Looks through the words of one statement, or of one body, for commands that throw something away.</summary>
/// <param name="sql">The text that the words stand in.</param>
/// <param name="lines">Its lines.</param>
/// <param name="firstLine">The line of the file that the text starts on.</param>
/// <param name="tokens">The words, without comments.</param>
/// <param name="found">Takes what is found.</param>
/// <param name="thorough">Whether also what is kept as a rule: rows that no key names, values that fit the new type.</param>
internal sealed class DestructiveScan(string sql, SqlLines lines, int firstLine, IReadOnlyList<SqlToken> tokens, List<DestructiveStatement> found, bool thorough)
{
    // What Command looks at. Where THEN or ELSE of a CASE is taken for the start of one, its end is not looked for.
    private static readonly string[] Commands = ["drop", "truncate", "alter", "create", "do", "copy", "grant", "revoke", "reassign", "import", "comment", "security"];

    private static readonly string[] Changes = ["delete", "update", "merge"];
    private static readonly string[] BeforeChange = ["do", "also", "instead", "explain", "analyze", "analyse", "verbose", "query", "in", "for", "is"];
    private static readonly string[] AfterForUpdate = ["on", "of", "nowait", "skip"];
    private static readonly string[] BeforeExecute = ["query", "in", "for"];

    private readonly SqlTokenList _words = new(tokens);
    private readonly HashSet<int> _behindWith = [];

    public void Run()
    {
        for (var i = 0; i < _words.Count; i++)
        {
            if (CommonTables.CommandBehind(_words, i) is { } command) _behindWith.Add(command);
            if (_words.IsOneOf(i, Commands) && _words.IsCommandStart(i)) Command(i, _words.EndOf(i));
            if (_words.IsOneOf(i, Changes) && IsChangeStart(i)) Change(i, _words.EndOf(i));
            if (_words.Is(i, "execute") && i > 0 && (_words.IsCommandStart(i) || _words.IsOneOf(i - 1, BeforeExecute))) Dynamic(i, _words.EndOf(i));
            if (_words.IsSymbol(i + 1, "(") && _words.Name(i) is not null) Call(i);
            if (ReadingSettings.Change(sql, _words, i)) Add("unreadable-code", i, _words.EndOf(i));
        }
    }

    private void Command(int start, int end)
    {
        if (ServerWide.IsCommand(_words, start, end)) Add(ServerWide.RuleName, start, end);
        if (_words.Is(start, "drop")) Drop(start, end);
        else if (_words.Is(start, "truncate")) Add("truncate", start, end);
        else if (_words.Is(start, "alter", "database")) { if (_words.Is(start + 3, "rename")) Add("rename-database", start, end); }
        else if (_words.Is(start, "alter")) foreach (var (rule, at) in AlteredColumns.Of(_words, start, end, thorough)) Add(rule, start, end, at);
        else if (_words.Is(start, "create", "database")) Add("create-database", start, end);
        else if (_words.Is(start, "do")) Body(start, end, Language(start, end));
        else if (_words.Is(start, "create") && Enumerable.Range(start + 1, 3).Any(i => _words.Is(i, "function") || _words.Is(i, "procedure"))) Routine(start, end);
        // Nobody knows what a program does.
        else if (_words.Is(start, "copy") && Enumerable.Range(start, end - start).Any(i => _words.Is(i, "program") && _words.IsText(i + 1))) Add("unreadable-code", start, end);
    }

    private void Drop(int start, int end)
    {
        var rule = (start + 1 < end ? _words.Name(start + 1) : null) switch
        {
            "table" => "drop-table",
            "foreign" when _words.Is(start + 2, "table") => "drop-table",
            "schema" => "drop-schema",
            "database" => "drop-database",
            "owned" => "drop-owned",
            "extension" => "drop-extension",
            _ => _words.Is(end - 1, "cascade") ? "drop-cascade" : null,
        };
        if (rule is not null) Add(rule, start, end);
    }

    private void Change(int start, int end)
    {
        foreach (var (rule, at) in RowChange.Of(_words.Part(start, end), thorough)) Add(rule, start + at, end);
    }

    private void Routine(int start, int end)
    {
        var language = Language(start, end);
        for (var i = start; i < end; i++)
            if (_words.Is(i, "as") && i + 1 < end && _words.IsText(i + 1)) Body(i, end, language);
    }

    private void Body(int start, int end, string language)
    {
        var at = start + 1;
        while (at < end && !_words.IsText(at)) at++;
        // "language 'plpgsql'" may stand before the body.
        if (at < end && _words.Is(at - 1, "language")) for (at++; at < end && !_words.IsText(at);) at++;
        if (at >= end) return;
        // What a C function does no file tells; it is the server's, as those are that it has already.
        if (language is "c" or "internal") return;
        if (language is "plpgsql" or "sql") Nested(SqlText.Unescape(sql, _words[at]), LineOf(_words[at].Start), "unreadable-code", start, end);
        else Add("unreadable-code", start, end);
    }

    private void Nested(string body, int line, string unreadable, int start, int end)
    {
        try
        {
            if (HolePlaces.AreSafe(body)) new DestructiveScan(body, new SqlLines(body), line, [.. SqlTokenizer.Read(body).Where(token => token.Kind != SqlTokenKind.Comment)], found, thorough).Run();
            else Add("dynamic-sql", start, end);
        }
        catch (SqlSyntaxException)
        {
            Add(unreadable, start, end);
        }
    }

    /// <summary>EXECUTE in a body: the text is put together as far as it is known; where it may be anything, that is found.</summary>
    private void Dynamic(int start, int end)
    {
        var words = _words.Part(start + 1, end).TakeWhile(token => !token.Is("into") && !token.Is("using") && !token.Is("loop")).ToArray();
        if (RuntimeText.Of(sql, words) is { } text) Nested(text, LineOf(_words[start].Start), "dynamic-sql", start, end);
        else Add("dynamic-sql", start, end);
    }

    private void Call(int name)
    {
        var (destroys, runs, isServerWide) = (CalledFunctions.DestroysRows(_words, name), CalledFunctions.Runs(_words, name), ServerWide.IsCall(_words, name));
        if (!destroys && !runs && !isServerWide) return;
        var close = _words.Close(name + 1);
        if (destroys) Add("destroying-function", name, close + 1);
        if (isServerWide) Add(ServerWide.RuleName, name, close + 1);
        if (!runs) return;
        if (CalledFunctions.LeavesOpen(_words, name)) Add("dynamic-sql", name, close + 1);
        else
            for (var i = name + 2; i < close; i++)
                if (_words.IsText(i)) Nested(SqlText.Unescape(sql, _words[i]), LineOf(_words[i].Start), "dynamic-sql", name, close + 1);
    }

    /// <summary>A parameter may be called "language" too, and be of a type "c": the one that says more is taken.</summary>
    private string Language(int start, int end)
    {
        var said = Enumerable.Range(start, end - start - 1).Where(i => _words.Is(i, "language")).Select(i => (_words.Name(i + 1) ?? _words[i + 1].Text).ToLowerInvariant()).ToList();
        return said.Find(language => language is not ("c" or "internal")) ?? said.FirstOrDefault() ?? (_words.Is(start, "do") ? "plpgsql" : "sql");
    }

    private bool IsChangeStart(int i)
    {
        if (_words.IsCommandStart(i) || _behindWith.Contains(i) || _words.IsSymbol(i - 1, "(") || _words.IsSymbol(i - 1, ")")) return true;
        if (_words.Is(i - 1, "as")) return _words.Is(_words.CommandOf(i), "prepare");
        return _words.IsOneOf(i - 1, BeforeChange) && !(_words.Is(i - 1, "for") && _words.IsOneOf(i + 1, AfterForUpdate));
    }

    private int LineOf(int at) => firstLine - 1 + lines.Of(at);

    private void Add(string rule, int start, int end, int? at = null)
    {
        var what = string.Join(' ', sql[_words[start].Start.._words[Math.Clamp(end - 1, start, _words.Count - 1)].End].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        found.Add(new DestructiveStatement(rule, what.Length <= 120 ? what : what[..119] + "…", LineOf(_words[at ?? start].Start)));
    }
}
