using Holdfast.Operations.Schema.Migrations;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>What files make by name, where a statement takes along more than it names.</summary>
public sealed class DeclaredNamesTests
{
    private const string Tables = "create table t (a int, b int); create index t_a on t (a); alter table t add constraint t_c check (a > 0); create table u (a int); create index u_a on u (a); alter table u add constraint u_t foreign key (a) references t on delete cascade;";

    [Theory]
    [InlineData("", "t t_a t_c u u_a u_t")]
    [InlineData("create unique index x on t (b); alter table t add constraint t_key unique using index x", "t t_a t_c t_key u u_a u_t")]
    [InlineData("create unique index x on t (b); alter table t add unique using index x", "t t_a t_c u u_a u_t x")]
    [InlineData("alter table t drop column a", "t u u_a u_t")]
    [InlineData("alter table t drop a cascade, add column d int", "d t u u_a")]
    [InlineData("alter table t drop constraint t_c cascade", "t t_a u u_a")]
    [InlineData("alter table t drop constraint t_c", "t t_a u u_a u_t")]
    [InlineData("drop table t cascade", "u u_a")]
    [InlineData("drop table u", "t t_a t_c")]
    public void what_goes_along_with_a_column_or_becomes_a_constraint_is_not_looked_for(string sql, string left) =>
        Assert.Equal(left, string.Join(' ', DeclaredNames.Of([MigrationFile.Parse("V1__t.sql", $"{Tables} {sql}").Prepare("app")], "app").Select(name => name.Name).Order(StringComparer.Ordinal)));
}
