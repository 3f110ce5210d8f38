using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>A pooler keeps no session: no migration is begun through one.</summary>
public sealed class MigrationPoolerTests
{
    [Theory]
    [InlineData("Host=ep-cool-1-pooler.eu-central-1.aws.neon.tech;Username=u", "ep-cool-1.eu-central-1.aws.neon.tech:5432")]
    [InlineData("Host=aws-0-eu.pooler.supabase.com;Port=6543;Username=u", "aws-0-eu.pooler.supabase.com:5432")]
    public async Task a_pooler_is_known_by_its_name_and_the_direct_address_is_said(string connection, string direct) =>
        Assert.Contains(direct, (await Assert.ThrowsAsync<SchemaException>(() => new SchemaMigrator(connection).MigrateAsync())).Message, StringComparison.Ordinal);

    [Fact]
    public async Task a_pooler_is_known_by_what_it_does()
    {
        var server = await OperationsServer.StartedAsync();
        var database = await MigrationDatabase.CreateAsync();
        await using var pooler = await PgBouncer.StartAsync(server);
        var name = new NpgsqlConnectionStringBuilder(database.Connection).Database!;
        var error = await Assert.ThrowsAsync<SchemaException>(() => new SchemaMigrator(pooler.Connection(name)).MigrateAsync());
        Assert.Contains("is a pooler", error.Message, StringComparison.Ordinal);
        Assert.False(await database.AskAsync<bool>("select to_regnamespace('holdfast') is not null"));
    }
}
