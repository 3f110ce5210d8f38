using Holdfast.Operations.Drills;
using Npgsql;
using Xunit;

namespace Holdfast.TestServers.Tests;

public class ProviderClusterTests
{
    [Fact]
    public async Task providers_have_identities_of_their_own_the_schema_and_two_majors()
    {
        await using var cluster = await ProviderCluster.StartAsync();
        var identities = await AskAllAsync(cluster, "select system_identifier::text from pg_control_system()");
        Assert.Equal(3, identities.Distinct().Count());
        Assert.Equal(2, (await AskAllAsync(cluster, "select (current_setting('server_version_num')::int / 10000)::text")).Distinct().Count());
        Assert.Equal(["0", "0", "0"], await AskAllAsync(cluster, "select count(*)::text from holdfast.session_memories"));
        Assert.Equal(["p0", "p1", "p2"], cluster.Options.Select(provider => provider.Name));
    }

    [Fact]
    public async Task a_killed_frozen_or_cut_off_provider_is_out_of_reach_and_healed_again()
    {
        await using var cluster = await ProviderCluster.StartAsync(durable: false, PostgresVersion.Debian);
        var member = cluster[0];
        await member.KillAsync();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(member.Connection, "select 'x'"));
        await cluster.HealAsync();
        Assert.Equal("x", await AskAsync(member.Connection, "select 'x'"));
        member.Server.Freeze();
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(member.Connection, "select 'x'"));
        await cluster.HealAsync();
        member.Proxy.Set(FaultMode.Blackhole);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => AskAsync(member.Connection, "select 'x'"));
        Assert.Equal("x", await AskAsync(member.Direct, "select 'x'"));
        await cluster.HealAsync();
        Assert.Equal("x", await AskAsync(member.Connection, "select 'x'"));
    }

    private static Task<string[]> AskAllAsync(ProviderCluster cluster, string sql) =>
        Task.WhenAll(cluster.Select(member => AskAsync(member.Options.Connection.Reveal(), sql)));

    private static async Task<string> AskAsync(string connection, string sql)
    {
        await using var source = NpgsqlDataSource.Create(connection + ";Pooling=false;Timeout=2");
        await using var command = source.CreateCommand(sql);
        return (string)(await command.ExecuteScalarAsync())!;
    }
}
