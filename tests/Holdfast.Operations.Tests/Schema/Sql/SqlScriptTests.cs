using Holdfast.Operations.Schema.Lint;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

public sealed class SqlScriptTests
{
    [Theory]
    [InlineData("select 1; select 2", "select 1|select 2")]
    [InlineData(";;select 1;;", "select 1")]
    [InlineData("select ';'; select 2", "select ';'|select 2")]
    [InlineData("select 'it''s; here'; select 2", "select 'it''s; here'|select 2")]
    [InlineData(@"select E'a\'; drop table x'; select 2", @"select E'a\'; drop table x'|select 2")]
    [InlineData(@"select 'a\'; select 2", @"select 'a\'|select 2")]
    [InlineData("select \"a;\"\"b\"; select 2", "select \"a;\"\"b\"|select 2")]
    [InlineData("do $$ begin; end; $$; select 2", "do $$ begin; end; $$|select 2")]
    [InlineData("do $a$ $b$ ; $b$ $$ ; $a$; select 2", "do $a$ $b$ ; $b$ $$ ; $a$|select 2")]
    [InlineData("select a$b$c; select d$b$e", "select a$b$c|select d$b$e")]
    [InlineData("select $1; select 2", "select $1|select 2")]
    [InlineData("/* a /* ; */ ; */ select 1; -- ; no\nselect 2", "select 1|select 2")]
    [InlineData("select 1 --; 'x\n+ 2; select 3", "select 1 --; 'x\n+ 2|select 3")]
    [InlineData("select 5 -- five\n; select 1", "select 5 -- five|select 1")]
    [InlineData("select 1+/* x */2; select 3", "select 1+/* x */2|select 3")]
    [InlineData("select U&'d\\0061;', U&\"x;\", x'1f', b'01'; select 2", "select U&'d\\0061;', U&\"x;\", x'1f', b'01'|select 2")]
    [InlineData("create rule r as on insert to t do (select 1; select 2); select 3", "create rule r as on insert to t do (select 1; select 2)|select 3")]
    [InlineData("create function f() returns int language sql begin atomic select 1; select case when true then 2 end; end; select 3",
        "create function f() returns int language sql begin atomic select 1; select case when true then 2 end; end|select 3")]
    [InlineData("begin; select 1; end; select 2", "begin|select 1|end|select 2")]
    [InlineData("select 1.5e-3, .5, 1_000, 0x1f-1; select 2", "select 1.5e-3, .5, 1_000, 0x1f-1|select 2")]
    [InlineData("-- only a comment", "")]
    // A text goes on after a line end, comments between them or not, and keeps its escapes (seen on PostgreSQL 15).
    [InlineData("select e'a' -- c\n '\\'; drop table a; --'; select 2", "select e'a' -- c\n '\\'; drop table a; --'|select 2")]
    [InlineData("select e'a'\n '\\''; select 2", "select e'a'\n '\\''|select 2")]
    [InlineData("select 'a' '\\'; select 2", "select 'a' '\\'|select 2")]
    [InlineData("create function f() returns int language sql begin atomic select 1 as end; select x.case; end; select 3",
        "create function f() returns int language sql begin atomic select 1 as end; select x.case; end|select 3")]
    [InlineData("select a\u00a0; select 2", "select a\u00a0|select 2")]
    public void statements_end_at_their_own_semicolons_only(string sql, string expected) =>
        Assert.Equal(expected.Split('|', StringSplitOptions.RemoveEmptyEntries), SqlScript.Parse(sql).Statements.Select(statement => statement.Sql));

    [Theory]
    [InlineData("select 1;\nselect 'x", 2)]
    [InlineData("select $$ x", 1)]
    [InlineData("/* /* */ select 1", 1)]
    [InlineData("select \"x", 1)]
    [InlineData("select 1;\ncreate table t (id int;\ncreate table u (id int);", 2)]
    [InlineData("select 1;\nselect 2);", 2)]
    [InlineData("\\connect other", 1)]
    [InlineData("select 1;\n/* \0 */", 2)]
    public void what_does_not_end_is_refused_with_its_line(string sql, int line) =>
        Assert.Equal(line, Assert.Throws<SqlSyntaxException>(() => SqlScript.Parse(sql)).Line);

    // What reads such a file once is done in a second or two; what reads it once for each statement is not done in an hour.
    [Fact]
    public void a_file_of_a_hundred_thousand_statements_is_read_once()
    {
        const int Count = 100_000;
        var sql = $"-- holdfast:transaction off\n{string.Concat(Enumerable.Range(2, Count).Select(line => line % 10 == 0 ? $"delete from t -- {line}\n;" : $"insert into t values ({line}, 'a;b');\n"))}"
            + $"update t set a = case {string.Concat(Enumerable.Range(0, Count).Select(i => $"when id = {i} then 'drop' else "))} 1 end where {string.Join(" or ", Enumerable.Range(0, Count).Select(i => $"id = {i}"))}";
        var script = SqlScript.Parse(sql);
        Assert.Equal(Count + 1, script.Statements.Count);
        Assert.All(script.Statements.Take(Count).Where(statement => statement.StartsWith("insert")), statement => Assert.Equal(statement.Line.ToString(System.Globalization.CultureInfo.InvariantCulture), statement.Tokens[5].Text));
        var found = DestructiveSql.Find(script);
        Assert.Equal(Enumerable.Range(2, Count).Where(line => line % 10 == 0), found.Select(one => one.Line));
        Assert.Empty(SqlLint.Check(script, inTransaction: false));
        var file = MigrationFile.Parse("V1__big.sql", sql).Prepare("app");

        // The mark of what is done is told after each statement.
        foreach (var done in Enumerable.Range(0, Count)) StatementsDone.Mark(file.Script, done);
        Assert.Equal(StatementsDone.Mark(script, Count), StatementsDone.Mark(file.Script, Count));
        Assert.NotEqual(StatementsDone.Mark(script, 7), StatementsDone.Mark(script, 8));
        Assert.Equal(StatementsDone.Mark(script, 7), StatementsDone.Mark(SqlScript.Parse(sql[..2000]), 7));
    }

    [Fact]
    public void a_statement_knows_its_line_and_its_words()
    {
        var script = SqlScript.Parse("-- holdfast:phase expand\nselect 1;\n\n/* drop */ Drop /* x */ TABLE \"Drop\".a");
        Assert.Equal(4, script.Statements[1].Line);
        Assert.True(script.Statements[1].StartsWith("drop", "table"));
        Assert.False(script.Statements[1].StartsWith("drop", "table", "drop"));
        Assert.Equal(["drop", "table", "Drop", null, "a"], script.Statements[1].Tokens.Select(token => token.Name));
        Assert.Equal(["-- holdfast:phase expand", "/* drop */", "/* x */"], script.Comments.Select(comment => comment.Text));
    }
}
