using Holdfast.Operations.Schema.Lint;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Lint;

public sealed class SqlLintTests
{
    private static string[] Rules(string sql, bool inTransaction = true) => [.. SqlLint.Check(SqlScript.Parse(sql), inTransaction).Select(finding => finding.Rule)];

    [Fact]
    public void every_shipped_migration_is_clean()
    {
        foreach (var migration in Migration.Shipped("Postgres"))
        {
            var script = SqlScript.Parse(migration.Sql.Replace("{schema}", "holdfast", StringComparison.Ordinal));
            Assert.Empty(SqlLint.Check(script, !SqlLint.IsOutsideOfTransaction(script)));
        }
    }

    [Fact]
    public void a_finding_names_the_line_the_danger_and_the_safe_way()
    {
        var finding = Assert.Single(SqlLint.Check(SqlScript.Parse("-- holdfast:phase expand\nalter table t\n  add column a int,\n  alter b set not null"), true));
        Assert.Equal(("adding-not-nullable-field", 4), (finding.Rule, finding.Line));
        Assert.Contains("NOT VALID", finding.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-- holdfast:lint-ignore ban-drop-column \"nobody has read it since 2.1\"\nalter table t drop a", "")]
    [InlineData("-- holdfast:lint-ignore ban-drop-table \"other rule\"\nalter table t drop a", "ban-drop-column")]
    [InlineData("-- holdfast:lint-ignore ban-drop-column\nalter table t drop a", "lint-ignore ban-drop-column")]
    [InlineData("-- holdfast:lint-ignore ban-drop-column \" \"\nalter table t drop a", "lint-ignore ban-drop-column")]
    [InlineData("-- holdfast:lint-ignore no-such-rule \"x\"\nselect 1", "lint-ignore")]
    [InlineData("select '-- holdfast:lint-ignore ban-drop-column \"x\"'; alter table t drop a", "ban-drop-column")]
    public void a_rule_is_taken_back_only_with_a_reason(string sql, string rules) => Assert.Equal(rules.Split(' ', StringSplitOptions.RemoveEmptyEntries), Rules(sql));

    [Theory]
    [InlineData("alter table t add column a int", "")]
    [InlineData("-- holdfast:lock-timeout 0\nalter table t add column a int", "require-lock-timeout")]
    [InlineData("-- holdfast:lock-timeout 500ms\nalter table t add column a int", "")]
    [InlineData("set local lock_timeout = 0; alter table t add column a int", "require-lock-timeout")]
    [InlineData("set lock_timeout to default; alter table t add column a int", "require-lock-timeout")]
    [InlineData("set local lock_timeout = '0ms'; alter table t add column a int; set lock_timeout = '2s'; alter table t add column b int", "require-lock-timeout")]
    public void the_runner_limits_waits_for_locks_unless_the_file_takes_it_back(string sql, string rules) => Assert.Equal(rules.Split(' ', StringSplitOptions.RemoveEmptyEntries), Rules(sql));

    [Fact]
    public void a_concurrent_index_passes_only_outside_of_a_transaction()
    {
        var script = SqlScript.Parse("-- holdfast:transaction off\ncreate index concurrently i on t (a)");
        Assert.True(SqlLint.IsOutsideOfTransaction(script));
        Assert.Empty(SqlLint.Check(script, inTransaction: false));
        Assert.Equal(["ban-concurrent-index-creation-in-transaction"], Rules("create index concurrently i on t (a)"));
        Assert.Equal(["ban-concurrent-index-creation-in-transaction"], Rules("begin; drop index concurrently i; commit", inTransaction: false));
    }

    [Fact]
    public void a_table_that_the_file_makes_is_nobodys_yet() =>
        Assert.Empty(Rules("create table a.t (a int); create index i on a.t (a); alter table a.t add constraint c check (a > 0), alter a type bigint, alter a set not null, add unique (a)"));
}
