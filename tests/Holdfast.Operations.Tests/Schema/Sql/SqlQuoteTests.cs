using Holdfast.Operations.Schema.Sql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

public sealed class SqlQuoteTests
{
    [Theory]
    [InlineData("users", "\"users\"")]
    [InlineData("a\"; drop table t; --", "\"a\"\"; drop table t; --\"")]
    [InlineData("Ünïcode", "\"Ünïcode\"")]
    public void a_name_stands_in_double_quotes(string name, string sql) => Assert.Equal(sql, SqlQuote.Name(name));

    [Theory]
    [InlineData("it's", "'it''s'")]
    [InlineData("a\\'; drop", " E'a\\\\''; drop'")]
    public void a_text_stands_in_single_quotes(string text, string sql) => Assert.Equal(sql, SqlQuote.Literal(text));

    [Fact]
    public void what_a_server_would_cut_off_is_refused()
    {
        Assert.Throws<UnsafeSqlException>(() => SqlQuote.Name("a\0b"));
        Assert.Throws<UnsafeSqlException>(() => SqlQuote.Literal("a\0b"));
    }

    [Theory]
    [InlineData("users")]
    [InlineData("\"Users\"")]
    [InlineData("{schema}.\"a;b\"")]
    public void a_name_that_the_server_quoted_passes(string name) => Assert.Equal(name, SqlQuote.Quoted(name));

    [Theory]
    [InlineData("")]
    [InlineData("users; drop table t")]
    [InlineData("users t")]
    [InlineData("a.")]
    [InlineData("\"open")]
    [InlineData("a --b")]
    [InlineData("(select 1)")]
    public void more_than_a_name_is_refused(string name) => Assert.Throws<UnsafeSqlException>(() => SqlQuote.Quoted(name));

    [Theory]
    [InlineData("CHECK ((state = ANY (ARRAY['a;b'::text, ') -- x'::text])))")]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("CREATE RULE r AS ON INSERT TO {schema}.t DO ALSO ( INSERT INTO a VALUES (1); DELETE FROM b; )")]
    [InlineData("CREATE OR REPLACE FUNCTION {schema}.f() RETURNS int LANGUAGE sql BEGIN ATOMIC SELECT 1; SELECT 2; END")]
    [InlineData("CREATE FUNCTION {schema}.f() RETURNS int LANGUAGE sql AS $$ select 1; -- two $$")]
    public void a_definition_of_a_server_passes(string sql) => Assert.Equal(sql, SqlQuote.Part(sql));

    [Theory]
    [InlineData("1; drop table t")]
    [InlineData("1) or (1 = 1")]
    [InlineData("a)")]
    [InlineData("(a")]
    [InlineData("a -- b")]
    [InlineData("a /* b */")]
    [InlineData("'open")]
    [InlineData("CREATE FUNCTION f() RETURNS int AS 'x'; drop table t")]
    public void a_definition_that_would_end_what_stands_around_it_is_refused(string sql) => Assert.Throws<UnsafeSqlException>(() => SqlQuote.Part(sql));

    [Theory]
    [InlineData("\"$user\", public", "\"$user\", public")]
    [InlineData("a;drop/**/table/**/t", "'a;drop/**/table/**/t'")]
    [InlineData("", "''")]
    public void a_list_of_names_stays_and_anything_else_is_one_text(string value, string sql) => Assert.Equal(sql, SqlQuote.NamesOrLiteral(value));

    [Fact]
    public void only_words_that_were_listed_pass()
    {
        Assert.Equal("table", SqlQuote.OneOf("table", "view", "table"));
        Assert.Throws<UnsafeSqlException>(() => SqlQuote.OneOf("table t; drop", "table"));
        Assert.Equal("\"work\".\"me\"\"m\"", SqlQuote.Dotted("work.me\"m"));
        Assert.Equal("ON {schema}.t (id)", SqlQuote.From("CREATE INDEX \"a ON b\" ON {schema}.t (id)", "on"));
        Assert.Null(SqlQuote.From("create index", "on"));
    }
}
