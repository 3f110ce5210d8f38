using System.Text;

namespace Holdfast.Operations.Tests.Schema.Sql;

/// <summary>Scripts of SQL that make a scanner lose its way: quotes in comments, comments in quotes, dollars in both; by a seed.</summary>
internal sealed class SqlFuzz(int seed)
{
    private static readonly string[] Hostile = ["'", "''", "\"", "\"\"", "$$", "$a$", "$1", "--", "/*", "*/", ";", "\\", "\\'", "\n", "\r\n", " ", "e'", "U&'", "drop table x", "é", "日", "(", ")", "begin", "end", "\t", "%", "$é$"];

    private readonly Random _random = new(seed);

    public string Script()
    {
        var script = new StringBuilder();
        for (var count = _random.Next(1, 5); count > 0; count--) script.Append(Space()).Append(Statement()).Append(Space()).Append(';');
        if (_random.Next(3) == 0) script.Append(Statement());
        return script.ToString();
    }

    /// <summary>With a few characters taken out, doubled or put in.</summary>
    public string Damaged()
    {
        var script = new StringBuilder(Script());
        for (var count = _random.Next(1, 4); count > 0; count--)
        {
            var at = _random.Next(script.Length);
            if (char.IsSurrogate(script[at])) continue;
            if (_random.Next(2) == 0) script.Remove(at, 1);
            else script.Insert(at, One(Hostile));
            if (script.Length == 0) script.Append(' ');
        }
        return script.ToString();
    }

    /// <summary>Statements as the grammar has them, with hostile white space between their words.</summary>
    public string Shaped()
    {
        var shapes = new SqlShapes(_random, Space);
        return string.Join(";", Enumerable.Range(0, _random.Next(1, 3)).Select(_ => shapes.Statement()));
    }

    private string Statement() => _random.Next(8) switch
    {
        0 => $"do{Space()}{Dollars($"begin perform {Literal()}; {Verb()}; end")}",
        1 => $"create function f() returns int language sql{Space()}begin{Space()}atomic{Space()}select {Literal()};{Space()}select case when true then 1 else 2 end; end",
        2 => $"create rule r as on insert to t do ({Space()}select {Literal()};{Space()}select 2)",
        3 => Verb(),
        _ => $"select{Space()}{string.Join(",", Enumerable.Range(0, _random.Next(1, 4)).Select(_ => Space() + Literal() + Space()))}",
    };

    private string Verb() => One("drop table a", "truncate a", "delete from a", "delete from a where b = 1", "alter table a drop b", "alter table a add b int", "drop view v", "update a set b = 1")
        .Replace(" ", Space(), StringComparison.Ordinal);

    private string Literal() => _random.Next(9) switch
    {
        0 => $"'{Noise().Replace("'", "''", StringComparison.Ordinal)}'",
        1 => $"{One("e", "E")}'{Noise().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", One("\\'", "''"), StringComparison.Ordinal)}'",
        2 => $"\"a{Noise().Replace("\"", "\"\"", StringComparison.Ordinal)}\"",
        3 => Dollars(Noise()),
        4 => $"U&'{Noise().Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "''", StringComparison.Ordinal)}'",
        5 => $"e'a'\n{One("", " ", "\n")}'{One("\\'", "''", "; drop table a; --", "\\\\")}'",
        6 => $"a{One("$", "$b", "$b$c", "é$1")}",
        7 => One("1", "1.5", ".5", "1e-3", "1-1", "1--1\n", "0x1F", "1_000", "$1"),
        _ => $"(1{One("+", "-", "*", "/", "||", "@-", "=-", "<=", "<@")}{Space()}2)",
    };

    private string Dollars(string body)
    {
        var tag = One("$$", "$a$", "$_1$", "$é$");
        body = body.Replace("$", "", StringComparison.Ordinal) + One("", "$b$", "$1");
        return $"{tag}{body} {tag}";
    }

    private string Noise() => string.Concat(Enumerable.Range(0, _random.Next(6)).Select(_ => One(Hostile)));

    private string Space() => _random.Next(6) switch
    {
        0 => $"/*{Noise().Replace("/*", "", StringComparison.Ordinal).Replace("*/", "", StringComparison.Ordinal)} */",
        1 => $" /* a {One("/* b */", "/* ; /* ' */ */")} \" ; */ ",
        2 => $" --{Noise().ReplaceLineEndings("")}\n",
        3 => "\n",
        _ => " ",
    };

    private string One(params string[] of) => of[_random.Next(of.Length)];
}
