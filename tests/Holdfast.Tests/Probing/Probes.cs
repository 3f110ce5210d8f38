using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Probing;

/// <summary>Probes of a database that is as it should be, and what is expected of one that is not.</summary>
internal static class Probes
{
    private static readonly ProbeDeadlines Short = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(10));

    internal static ProbeLadder Ladder(string connection, IResolver? resolver = null) =>
        new("test", new NpgsqlConnectionStringBuilder(connection), "holdfast", TimeProvider.System, Short, resolver);

    internal static Task<ProbeReport> RunAsync(string connection, IResolver? resolver = null) => Ladder(connection, resolver).RunAsync(CancellationToken.None);

    internal static void Expect(ProbeReport report, ProbeStep step, FailureCause cause, string advice)
    {
        Assert.True(report.FailedStep is not null, "every rung passed");
        Assert.True((step, cause) == (report.FailedStep.Step, report.Failure!.Cause), $"{report.FailedStep.Step} {report.Failure.Cause}: {report.Failure.Message}");
        Assert.Contains(advice, report.Advice, StringComparison.Ordinal);
    }

    internal static async Task<string> MigratedAsync(PostgresServer? server = null)
    {
        var database = server is null ? await TestServer.NewDatabaseAsync() : await server.CreateDatabaseAsync();
        await new SchemaMigrator(database).MigrateAsync();
        return database + ";SslMode=Prefer";
    }

    internal static async Task<string> MigratedThenAsync(string sql)
    {
        var database = await MigratedAsync();
        await PostgresServer.ExecuteAsync(database, sql);
        return database;
    }
}
