using System.Text.Json;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Holdfast.Tests.Stores;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Schema;

/// <summary>A server that has not had the newest migration yet: programs are updated before, or between, the providers.</summary>
public sealed class OlderSchemaTests
{
    private static readonly IReadOnlyList<Migration> Shipped = Migration.Shipped("Postgres");

    public static TheoryData<int> Older => [.. Shipped.Select(migration => (int)Migration.Number(migration.Version)).Where(version => version >= Tables.OldestVersion && version < Shipped.Count)];

    [Theory]
    [MemberData(nameof(Older))]
    public async Task a_provider_that_is_behind_leads_and_takes_every_kind_of_row(int version)
    {
        var (older, current) = (await AtAsync(version), await AtAsync(Shipped.Count));
        var options = Options(older, current);
        await using var memory = await AgentMemory.OpenAsync(options);
        Assert.Equal("older", memory.Providers!.Primary);

        var session = await memory.OpenSessionAsync("s", userId: "maria");
        var receipt = await session.AppendUserAsync("hello", new AppendOptions { Concern = WriteConcern.Majority });
        Assert.Equal(["current", "older"], receipt.Holders.Order());
        await memory.Settings.SetAsync("llm", "model", JsonSerializer.SerializeToElement("small"));
        await memory.Jobs.EnqueueAsync(JobKind.ResearchStaging, JsonSerializer.SerializeToElement(new { url = "a" }));
        Assert.Single(await memory.Jobs.ClaimAsync(JobKind.ResearchStaging, "worker", TimeSpan.FromMinutes(1)));
        Assert.Equal("hello", Assert.Single(await session.LoadAsync()).Text);
        await memory.ForgetUserAsync("maria");
        Assert.DoesNotContain(await session.LoadAsync(), message => message.Text == "hello");
        Assert.All(memory.Providers.List(), provider => Assert.Equal("healthy", provider.State));
    }

    [Fact]
    public async Task every_table_names_the_migration_that_makes_it()
    {
        for (var version = 1; version <= Shipped.Count; version++)
        {
            await using var source = NpgsqlDataSource.Create(await AtAsync(version));
            await using var command = source.CreateCommand("select relname::text from pg_class where relnamespace = 'holdfast'::regnamespace and relkind = 'r' order by relname collate \"C\"");
            await using var reader = await command.ExecuteReaderAsync();
            var found = new List<string>();
            while (await reader.ReadAsync()) found.Add(reader.GetString(0));
            Assert.Equal(Tables.All.Where(table => table.Since <= version).Select(table => table.Name).Order(StringComparer.Ordinal), found);
        }
    }

    private static HoldfastOptions Options(string older, string current)
    {
        var options = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = TestPlaces.Unique("tenant") };
        options.Providers.Add(new ProviderOptions { Name = "older", Connection = older });
        options.Providers.Add(new ProviderOptions { Name = "current", Connection = current });
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(500);
        return options;
    }

    private static async Task<string> AtAsync(int version)
    {
        var connection = await TestServer.NewRelayDatabaseAsync();
        await new SchemaMigrator(connection, options: new MigrationOptions { To = $"{version:0000}" }).MigrateAsync();
        return connection;
    }
}
