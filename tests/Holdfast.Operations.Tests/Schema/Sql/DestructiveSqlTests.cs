using Holdfast.Operations.Schema.Sql;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

public sealed class DestructiveSqlTests
{
    /// <summary>One case a line; a line that starts with white space belongs to the one before.</summary>
    private static readonly Lazy<IReadOnlyList<string>> Corpus = new(() =>
    {
        var cases = new List<string>();
        foreach (var line in File.ReadAllLines(Path.Combine(PostgresPrograms.Repository(), "tests/Holdfast.Operations.Tests/Schema/Sql/destructive.txt")))
        {
            if (line.StartsWith(' ')) cases[^1] += "\n" + line;
            else if (line.Length > 0) cases.Add(line);
        }
        return cases;
    });

    private static string[] Found(string sql) => [.. DestructiveSql.Find(SqlScript.Parse(sql)).Select(found => found.Rule).Order(StringComparer.Ordinal)];

    [Fact]
    public async Task what_a_script_throws_away_is_what_the_syntax_tree_of_postgres_says()
    {
        var answers = await SqlOracles.ParserAsync(Corpus.Value);
        var differences = new List<string>();
        foreach (var (sql, answer) in Corpus.Value.Zip(answers))
        {
            if (answer.Error is not null) differences.Add($"{sql}: no SQL, {answer.Error}");
            else if (!answer.Found!.SequenceEqual(Found(sql))) differences.Add($"{sql}: here [{string.Join(' ', Found(sql))}], the tree [{string.Join(' ', answer.Found!)}]");
        }
        Assert.True(Corpus.Value.Count >= 300);
        Assert.InRange(answers.Count(answer => answer.Found is []), 150, 250);
        Assert.Empty(differences);
    }

    [Fact]
    public async Task statements_end_where_postgres_says()
    {
        var answers = await SqlOracles.ParserAsync(Corpus.Value);
        Assert.Empty(Corpus.Value.Zip(answers).Where(pair => !Ends(pair.First).SequenceEqual(pair.Second.Ends ?? [])).Select(pair => pair.First));
    }

    internal static IEnumerable<int> Ends(string sql)
    {
        foreach (var statement in SqlScript.Parse(sql).Statements) yield return statement.Tokens[0].Start + statement.Sql.Length;
    }

    [Theory]
    // Where the tree says nothing, because a function runs the text.
    [InlineData("select dblink_exec('drop table a')", "drop-table")]
    [InlineData("select query_to_xml('delete from t returning 1', true, false, '')", "delete-without-key")]
    [InlineData("select cron.schedule('nightly', '0 3 * * *', 'truncate a')", "truncate")]
    [InlineData("select dblink_exec('insert into a values (1)')", "")]
    [InlineData("select dblink_exec('a ' || 'b')", "dynamic-sql")]
    [InlineData("select cron.schedule('nightly', '0 3 * * *', command) from jobs", "dynamic-sql")]
    [InlineData("create table schedule (id int, at time)", "")]
    // Where this oracle reads less than a server.
    [InlineData("alter table U&\"session!005fmemories\" /* x */ uescape -- y\n '!' drop column content", "drop-column")]
    [InlineData("do $$ begin open c for delete from t returning *; end $$", "delete-without-key")]
    [InlineData("do $$ begin open c for select * from t for update; end $$", "")]
    [InlineData("do $$ begin execute format('select query_to_xml(%L, true, false, null)', a); end $$", "dynamic-sql")]
    [InlineData("do $$ begin execute 'no '' sql'; end $$", "dynamic-sql")]
    [InlineData("do $$ begin execute 'not '' closed ''''; end $$", "unreadable-code")]
    public void a_text_that_something_runs_is_read(string sql, string rules) => Assert.Equal(rules.Split(' ', StringSplitOptions.RemoveEmptyEntries), Found(sql));

    [Fact]
    public void a_delete_by_key_and_any_change_of_type_are_losses_where_nothing_may_be_lost()
    {
        static string[] Losses(string sql) => [.. DestructiveSql.FindLosses(SqlScript.Parse(sql)).Select(found => found.Rule)];
        Assert.Equal(["delete-without-key"], Losses("do $$ begin delete from t where id = 1; end $$"));
        Assert.Equal(["retype-column"], Losses("alter table t alter c type text"));
        Assert.Empty(Losses("update t set a = 1 where id = 1; drop view v; insert into t values (1)"));
    }

    [Theory]
    [InlineData("create temp table x (a int); insert into x values (1); delete from x; truncate table x; update x set a = 2; alter table x drop column a; drop table if exists x", "")]
    [InlineData("create temporary table if not exists x as select 1 as a; drop table x", "")]
    [InlineData("create table x (a int); delete from x; drop table x", "")]
    [InlineData("create table s.x (a int); truncate s.x", "")]
    [InlineData("alter table t add column lang text, add n int; update t set lang = 'en', n = case when true then 1 else 2 end", "")]
    // It may have been there, another one is meant, or it is gone by then.
    [InlineData("create table if not exists x (a int); truncate x", "truncate")]
    [InlineData("create table s.x (a int); truncate x", "truncate")]
    [InlineData("drop table x; create temp table x (a int)", "drop-table")]
    [InlineData("create temp table x (a int); drop table x; drop table x", "drop-table")]
    [InlineData("create temp table x (a int); drop table x, y", "drop-table")]
    [InlineData("create temp table x (a int); alter table if exists x rename to y; truncate x", "truncate")]
    [InlineData("create table s.x (a int); alter schema s rename to gone; alter schema old rename to s; truncate s.x", "truncate")]
    [InlineData("create temp table x (a int); delete from y using x", "delete-without-key")]
    [InlineData("create temp table x (a int); do $$ begin execute 'alter table x rename to y'; end $$; truncate x", "truncate")]
    [InlineData("create temp table x (a int); set search_path = s, pg_temp; truncate x", "truncate")]
    [InlineData("create temp table x (a int); commit; truncate x", "truncate")]
    [InlineData("create temp table x (a int); delete from x where a in (select lo_unlink(1))", "destroying-function")]
    [InlineData("-- holdfast:transaction off\ncreate temp table x (a int); truncate x", "truncate")]
    [InlineData("create table x (a int primary key); alter table old add foreign key (a) references x on delete cascade; delete from x", "delete-without-key")]
    [InlineData("create table x (a int) partition by list (a); alter table x attach partition old default; truncate x", "truncate")]
    [InlineData("alter table t add column if not exists lang text; update t set lang = 'en'", "update-without-key")]
    [InlineData("alter table t add column lang text; update t set lang = 'en', name = ''", "update-without-key")]
    [InlineData("alter table t add column lang text; update u set lang = 'en'", "update-without-key")]
    public void what_a_file_has_made_itself_it_may_throw_away(string sql, string rules) => Assert.Equal(rules.Split(' ', StringSplitOptions.RemoveEmptyEntries), Found(sql));

    [Fact]
    public void a_finding_names_its_words_and_its_line()
    {
        var found = DestructiveSql.Find(SqlScript.Parse("create table a (b int);\n\ndo $$\nbegin\n  execute\n    'drop table ' || 'a';\nend $$;\nalter table a\n  add c int,\n  drop b"));
        Assert.Equal(
            [new DestructiveStatement("drop-table", "drop table a", 5), new DestructiveStatement("drop-column", "alter table a add c int, drop b", 10)],
            found);
    }
}
