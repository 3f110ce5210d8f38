using System.Collections.Concurrent;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Operations.Tests.Schema.Drift;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

[assembly: AssemblyFixture(typeof(DriftServers))]

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>A database on a server of each major with the fixture's schema in it. Tests change it inside of transactions that are rolled back.</summary>
public sealed class DriftServers : IAsyncDisposable
{
    private static readonly ConcurrentDictionary<PostgresVersion, Lazy<Task<PostgresServer>>> Own = new();
    private static readonly ConcurrentDictionary<PostgresVersion, Lazy<Task<FixtureDatabase>>> Databases = new();

    public static Task<PostgresServer> ServerAsync(PostgresVersion version) => version == PostgresVersion.Debian
        ? OperationsServer.StartedAsync()
        : Own.GetOrAdd(version, _ => new(() => PostgresServer.StartAsync(version))).Value;

    internal static Task<FixtureDatabase> FixtureAsync(PostgresVersion version) =>
        Databases.GetOrAdd(version, _ => new(async () => await FixtureDatabase.CreateAsync(await ServerAsync(version)))).Value;

    public async ValueTask DisposeAsync()
    {
        foreach (var server in Own.Values) await (await server.Value).DisposeAsync();
    }
}

/// <summary>The fixture's schema on one server, as it is and as its migrations make it.</summary>
internal sealed record FixtureDatabase(string Connection, CatalogueSnapshot Clean, SchemaReference Reference)
{
    public static async Task<FixtureDatabase> CreateAsync(PostgresServer server)
    {
        await PostgresServer.ExecuteAsync(server.ConnectionString, DriftFixture.Roles);
        var connection = await server.CreateDatabaseAsync();
        await using var open = await OpenAsync(connection);
        foreach (var statement in SqlScript.Parse(DriftFixture.Migration.Sql.Replace("{schema}", DriftFixture.Schema, StringComparison.Ordinal) + ";" + DriftFixture.Record).Statements)
        {
            // Alone, as CONCURRENTLY asks for; in a batch, because the driver does not look for the end of a statement there.
            await using var batch = new NpgsqlBatch(open) { BatchCommands = { new(statement.Sql) } };
            await batch.ExecuteNonQueryAsync();
        }
        var clean = await CatalogueReader.ReadAloneAsync(open, CatalogueScope.Of(DriftFixture.Schema), CancellationToken.None);
        var reference = await SchemaReference.BuildAsync(open, DriftFixture.Schema, HistoryCheck.Had(clean, Options), Declaration.None, CancellationToken.None);
        return new FixtureDatabase(connection, clean, reference);
    }

    public async Task<NpgsqlConnection> OpenAsync() => await OpenAsync(Connection);

    private static DriftOptions Options => new() { Schema = DriftFixture.Schema, Migrations = [DriftFixture.Migration] };

    /// <summary>What is expected of a provider beside two others that are as they should be.</summary>
    public CatalogueSnapshot ExpectedOf(CatalogueSnapshot own) => Expectation.Of(Reference, own, [Clean, Clean, own]);

    /// <summary>All that differs, the history too.</summary>
    public IReadOnlyList<string> Findings(CatalogueSnapshot own) =>
    [
        .. HistoryCheck.Own(own, Options).Select(_ => "history_chain history schema_versions").Distinct(),
        .. SchemaComparison.Compare(ExpectedOf(own), own).Select(difference => difference.CacheKey),
    ];

    private static async Task<NpgsqlConnection> OpenAsync(string connection)
    {
        var open = new NpgsqlConnection(connection + ";Pooling=false;Include Failed Batched Command=true");
        await open.OpenAsync();
        return open;
    }
}
