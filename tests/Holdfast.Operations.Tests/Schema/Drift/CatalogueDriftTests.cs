using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>What names and definitions alike do not show.</summary>
public sealed class CatalogueDriftTests
{
    private static readonly DriftOptions Options = new() { Schema = "holdfast", Migrations = Migration.Shipped("Postgres"), LockWaitMax = TimeSpan.FromSeconds(5) };

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_database_that_sorts_by_another_library_is_found(PostgresVersion version)
    {
        string[] three = [await DatabaseAsync(version, "locale_provider icu icu_locale 'en-US'"), await DatabaseAsync(version, ""), await DatabaseAsync(version, "")];
        var report = await CheckAsync(three);
        Assert.Equal([("main", "collation database database")], report.Findings.Select(finding => (finding.Provider, finding.CacheKey)));
        Assert.Contains("icu en-US", report.Findings.Single().Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_login_that_has_expired_everywhere_is_found_everywhere()
    {
        // A server of its own: roles belong to the server, and other tests look at them too.
        await using var server = await PostgresServer.StartAsync();
        string[] two = [await server.CreateDatabaseAsync(), await server.CreateDatabaseAsync()];
        foreach (var connection in two) await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(two[0], "create role holdfast_late login valid until '2020-01-01'; create role holdfast_soon login valid until '2999-01-01'");
        var report = await CheckAsync(two);
        Assert.Equal(["role role holdfast_late", "role role holdfast_late"], report.Findings.Select(finding => finding.CacheKey));
        Assert.All(report.Findings, finding => Assert.False(finding.Repairable));
    }

    private static async Task<string> DatabaseAsync(PostgresVersion version, string locale)
    {
        var server = await DriftServers.ServerAsync(version);
        var name = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync()).Database!;
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"drop database \"{name}\"");
        await PostgresServer.ExecuteAsync(server.ConnectionString, $"create database \"{name}\" template template0 {locale}");
        var connection = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Database = name }.ConnectionString;
        await new SchemaMigrator(connection).MigrateAsync();
        return connection;
    }

    private static Task<DriftReport> CheckAsync(string[] connections) =>
        new DriftCheck([.. connections.Select((connection, i) => new DriftTarget(i == 0 ? "main" : $"other{i}", new(connection)))], Options).RunAsync(CancellationToken.None);
}
