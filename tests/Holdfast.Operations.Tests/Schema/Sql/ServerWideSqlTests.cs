using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Sql;

public sealed class ServerWideSqlTests
{
    private static readonly string[] Statements =
    [
        "create role r", "create user u password 'x'", "create group g", "alter role r password 'x'", "alter user u set work_mem = '1MB'", "alter group g add user u", "alter role all reset all",
        "drop role r", "drop user if exists u", "drop group g", "alter role r rename to s", "grant a to b", "grant a, b to c with admin option", "revoke a from b", "revoke admin option for a from b",
        "reassign owned by a to b", "drop owned by a", "create tablespace t location '/x'", "drop tablespace t", "alter tablespace t rename to u", "alter tablespace t set (seq_page_cost = 1)", "alter tablespace t owner to r",
        "alter system set work_mem = '1MB'", "alter system reset all", "create database d", "drop database d", "alter database d set work_mem = '1MB'", "alter database d rename to e", "alter database d owner to r",
        "grant connect on database d to r", "revoke create on tablespace t from r", "grant set on parameter work_mem to r", "comment on role r is 'x'", "comment on database d is 'x'", "comment on tablespace t is 'x'",
        "create subscription s connection 'x' publication p", "alter subscription s disable", "drop subscription s", "import foreign schema a from server b into c", "create foreign table f (a int) server s",
        "copy t to program 'x'", "copy t from program 'x'", "copy t to '/x'",
        "create table role (id int)", "grant select on t to r", "grant usage on schema s to r", "revoke all on all tables in schema s from r", "grant select (a) on t to r", "alter default privileges for role r grant select on tables to s",
        "create user mapping for u server s", "drop user mapping for u server s", "comment on table t is 'on role x'", "comment on column t.role is 'x'", "alter table t owner to r", "create publication p for table t", "create server s foreign data wrapper w",
        "set role r", "reset role", "copy t from '/x'", "create index role on t (a)", "select 'create role r'", "alter schema s owner to r", "create view v as select 1", "create policy p on t to r using (true)",
    ];

    [Fact]
    public async Task what_all_databases_share_is_what_the_syntax_tree_of_postgres_says()
    {
        var answers = await SqlOracles.ParserAsync(Statements);
        Assert.All(answers, answer => Assert.Null(answer.Error));
        Assert.InRange(answers.Count(answer => answer.IsShared), 35, 50);
        Assert.Empty(Statements.Zip(answers).Where(pair => pair.Second.IsShared != Finds(pair.First)).Select(pair => pair.First));
        // In a body as well.
        Assert.Empty(Statements.Zip(answers).Where(pair => pair.Second.IsShared != Finds($"do $x$ begin {pair.First}; end $x$")).Select(pair => pair.First));
    }

    [Theory]
    [InlineData("select pg_create_physical_replication_slot('x')")]
    [InlineData("select pg_reload_conf()")]
    [InlineData("select dblink_exec('host=x', 'select 1')")]
    [InlineData("do $$ begin execute q; end $$")]
    [InlineData("do language plperl $$ 1 $$")]
    public void a_call_that_reaches_beyond_or_may_is_found(string sql) => Assert.True(Finds(sql));

    [Fact]
    public void the_shipped_files_stay_in_their_schema() =>
        Assert.All(MigrationSet.Shipped.Versioned, file => Assert.Empty(ServerWideSql.Find(file.Prepare("holdfast").Script)));

    private static bool Finds(string sql) => ServerWideSql.Find(SqlScript.Parse(sql)).Count > 0;
}
