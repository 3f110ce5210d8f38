using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>Every class of drift is injected one by one inside of a transaction: it is found, it alone, and the plan mends it.</summary>
public sealed class DriftTests
{
    public static TheoryData<string> Changes => [.. Injection.All.Where(one => one.Since <= 15).Select(injection => injection.Sql)];

    public static TheoryData<PostgresVersion> Versions => [PostgresVersion.Debian, PostgresVersion.Newer, PostgresVersion.Third];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task a_change_is_found_and_nothing_else_and_the_plan_mends_it(string sql)
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await InjectAsync(database, transaction, Injection.All.Single(one => one.Sql == sql));
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task a_schema_as_its_migrations_make_it_has_no_finding(PostgresVersion version)
    {
        var database = await DriftServers.FixtureAsync(version);
        Assert.Empty(database.Findings(database.Clean));
        Assert.True(database.Clean.Objects.Count > 60, $"{database.Clean.Objects.Count} objects");
    }

    [Theory]
    [InlineData(PostgresVersion.Newer, true)]
    // Between the two: one of each class.
    [InlineData(PostgresVersion.Third, false)]
    public async Task every_change_is_found_and_mended_on_the_other_majors_too(PostgresVersion version, bool all)
    {
        var database = await DriftServers.FixtureAsync(version);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await Assert.MultipleAsync([.. Injection.All.Where(one => one.Since <= database.Clean.Facts.Major).GroupBy(one => one.Finding.Split(' ')[0]).SelectMany(ofClass => all ? ofClass : ofClass.Take(1)).Select(injection => (Func<Task>)(async () =>
        {
            await transaction.SaveAsync("change");
            try
            {
                await InjectAsync(database, transaction, injection);
            }
            finally
            {
                await transaction.RollbackAsync("change");
            }
        }))]);
    }

    [Fact]
    public async Task equal_schemas_on_three_majors_have_one_fingerprint_and_no_difference()
    {
        var databases = await Task.WhenAll(Versions.Select(version => DriftServers.FixtureAsync(version.Data)));
        Assert.Equal(3, databases.Select(database => database.Clean.Facts.Major).Distinct().Count());
        foreach (var one in databases)
            foreach (var other in databases)
                Assert.Empty(SchemaComparison.Compare(Expectation.OfModel(one.Clean, other.Clean), other.Clean).Select(difference => difference.Detail));
        Assert.Single(databases.Select(database => database.Clean.Fingerprint).Distinct());
        Assert.Single(databases.Select(database => database.Reference.Snapshot.Fingerprint).Distinct());
    }

    [Fact]
    public void every_class_is_injected()
    {
        Assert.Equal(39, DriftClasses.All.Count);
        Assert.Equal(DriftClasses.All.Select(one => one.Key).Order(StringComparer.Ordinal), Injection.All.Select(injection => injection.Finding.Split(' ')[0]).Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(36, DriftClasses.All.Count(one => one != DriftClasses.Other && (one.Level != DriftLevel.Info || one == DriftClasses.IndexExtra)));
    }

    [Fact]
    public async Task a_dump_that_is_run_makes_the_same_schema()
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        var proof = await PlanProof.RunAsync(connection, database.Clean, database.ExpectedOf(database.Clean), [], CancellationToken.None);
        Assert.Empty(proof.Left.Select(difference => difference.Detail));
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_dump_makes_the_same_schema_in_an_empty_database_in_one_go(PostgresVersion version)
    {
        var database = await DriftServers.FixtureAsync(version);
        var empty = await (await DriftServers.ServerAsync(version)).CreateDatabaseAsync();
        await using var connection = new NpgsqlConnection(empty + ";Pooling=false;Include Failed Batched Command=true");
        await connection.OpenAsync();
        var script = CatalogueDdl.Script(database.Clean);
        foreach (var sql in script)
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(sql) } };
            await batch.ExecuteNonQueryAsync();
        }
        var loaded = await CatalogueReader.ReadAloneAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        Assert.Empty(SchemaComparison.Compare(database.Clean, loaded).Where(left => !ObjectKind.IsOutside(left.Object.Kind)).Select(left => left.Detail));
        Assert.Equal(database.Clean.Fingerprint, loaded.Fingerprint);
        Assert.Equal(script, CatalogueDdl.Script(loaded));
    }

    [Fact]
    public async Task how_a_session_writes_dates_and_names_is_no_drift()
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await ExecuteAsync(connection, "set timezone = 'Asia/Tokyo'; set datestyle = 'German'; set intervalstyle = 'iso_8601'; set bytea_output = 'escape'; set quote_all_identifiers = on");
        var other = await CatalogueReader.ReadAloneAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        Assert.Empty(SchemaComparison.Compare(database.Clean, other).Select(difference => difference.Detail));
        Assert.Equal(database.Clean.Fingerprint, other.Fingerprint);
    }

    [Fact]
    public async Task what_is_lost_together_is_made_again_in_the_order_in_which_it_can_be()
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "drop table fx.keeps; drop view fx.z_facts; drop type fx.a_short, fx.a_place, fx.floats; drop function fx.z_short(text); drop aggregate fx.a_sum(integer); drop function fx.z_add(integer, integer); drop materialized view fx.moods; drop collation fx.plain");
        var drifted = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        var expected = database.ExpectedOf(drifted);
        var plan = RepairPlanner.Plan(SchemaComparison.Compare(expected, drifted), expected, drifted);
        var proof = await PlanProof.RunAsync(transaction, drifted, expected, plan, CancellationToken.None);
        Assert.Empty(proof.Refused.Select(one => one.Reason));
        Assert.Empty(proof.Left.Select(left => left.Detail));
    }

    [Theory]
    [InlineData("alter table fx.keeps drop constraint keeps_pkey", null)]
    [InlineData("alter table fx.keeps drop constraint keeps_word_key", null)]
    [InlineData("drop index fx.people_age_idx", null)]
    [InlineData("drop index fx.events_at_idx", "nobody can write to events")]
    [InlineData("alter table fx.events drop constraint events_pkey", "nobody can read or write events")]
    public async Task a_plan_that_keeps_the_application_out_says_so_and_every_other_builds_concurrently(string sql, string? danger)
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, sql);
        var drifted = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        var expected = database.ExpectedOf(drifted);
        var step = Assert.Single(RepairPlanner.Plan(SchemaComparison.Compare(expected, drifted), expected, drifted));
        Assert.Equal(danger is null, step.Statements.Any(one => one.Contains(" index concurrently ", StringComparison.Ordinal)));
        Assert.StartsWith(danger ?? "", step.Danger ?? "", StringComparison.Ordinal);
        Assert.Equal(danger is null, step.Danger is null);
    }

    [Fact]
    public async Task a_plan_that_does_not_mend_is_not_proved()
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, "drop index fx.people_age_idx; alter table fx.people alter column status drop default");
        var drifted = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        var expected = database.ExpectedOf(drifted);
        var differences = SchemaComparison.Compare(expected, drifted);
        Assert.Equal(2, differences.Count);
        RepairStep[] wrong = [new(differences[0], [["select 1"]]), new(differences[1], [["select nonsense"]])];
        var proof = await PlanProof.RunAsync(transaction, drifted, expected, wrong, CancellationToken.None);
        Assert.False(proof.Holds);
        Assert.Contains("nonsense", Assert.Single(proof.Refused).Reason, StringComparison.Ordinal);
        Assert.Equal(2, proof.Left.Count);
    }

    [Fact]
    public async Task what_belongs_to_a_hosting_provider_is_left_alone()
    {
        var database = await DriftServers.FixtureAsync(PostgresVersion.Debian);
        await using var connection = await database.OpenAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await ExecuteAsync(connection, """
            create schema auth; create schema storage; create schema realtime; create table auth.users (id integer); create table storage.objects (id integer);
            grant select on fx.people to supabase_admin; alter default privileges for role supabase_admin grant all on tables to public;
            create extension citext schema fx;
            do $$ begin execute format('alter database %I set "app.settings.jwt_secret" = ''planted-s3cret''', current_database()); end $$;
            """);
        var snapshot = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        Assert.Empty(database.Findings(snapshot));
        Assert.DoesNotContain(snapshot.Objects.Values, one => one.Properties.Values.Any(value => value.Contains("planted-s3cret", StringComparison.Ordinal)));
    }

    private static async Task InjectAsync(FixtureDatabase database, NpgsqlTransaction transaction, Injection injection)
    {
        var connection = transaction.Connection!;
        await ExecuteAsync(connection, injection.Sql);
        var drifted = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        Assert.Equal((injection.Sql, injection.Finding), (injection.Sql, string.Join(", ", database.Findings(drifted))));
        if (injection.Finding.StartsWith("history", StringComparison.Ordinal)) return;

        var expected = database.ExpectedOf(drifted);
        var difference = Assert.Single(SchemaComparison.Compare(expected, drifted));
        var plan = RepairPlanner.Plan([difference], expected, drifted);
        Assert.Equal((injection.Sql, injection.Repairable), (injection.Sql, plan.Count > 0));
        if (!injection.Repairable) return;

        await transaction.SaveAsync("before");
        var proof = await PlanProof.RunAsync(transaction, drifted, expected, plan, CancellationToken.None);
        Assert.Empty(proof.Refused.Select(one => one.Reason));
        Assert.Empty(Unexpected(proof.Left, difference));
        await transaction.RollbackAsync("before");

        // And for good, in the schema itself.
        foreach (var statement in plan.SelectMany(step => step.Statements))
        {
            await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new(statement.Replace("{schema}", DriftFixture.Schema, StringComparison.Ordinal).Replace(" concurrently ", " ", StringComparison.Ordinal)) } };
            await batch.ExecuteNonQueryAsync();
        }
        var repaired = await CatalogueReader.ReadAsync(connection, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        Assert.Empty(SchemaComparison.Compare(expected, repaired).Where(left => left.Class != DriftClasses.ColumnOrder).Select(left => left.Detail));
    }

    private static IEnumerable<string> Unexpected(IEnumerable<Difference> left, Difference mended) =>
        // A column that is added again stands last.
        left.Where(difference => difference.Class != DriftClasses.ColumnOrder && !(difference.Class == DriftClasses.Collation && mended.Class != DriftClasses.Collation)).Select(difference => difference.Detail);

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }
}
