using Holdfast.Operations.Verification;
using Holdfast.Providers.Configuration;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The product as the role that it is meant to run as.</summary>
public sealed class AppRoleTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task a_memory_does_all_that_it_can_as_the_app_on_two_providers(PostgresVersion version)
    {
        using var first = await AccessDatabase.AppliedAsync(version);
        using var second = await AccessDatabase.CreateAsync(version, schema: first.Schema);
        await second.Control.ApplyAsync(new(), null, default);
        // Roles belong to the server: the second database has the same log-ins.
        var options = new HoldfastOptions { Home = first.Home, Schema = first.Schema };
        options.Providers.Add(new ProviderOptions { Name = "one", Connection = await first.LogInAsync("app_a") });
        options.Providers.Add(new ProviderOptions { Name = "two", Connection = new NpgsqlConnectionStringBuilder(await first.LogInAsync("app_b")) { Database = new NpgsqlConnectionStringBuilder(second.Connection).Database }.ConnectionString });
        options.Failover.ProbeInterval = TimeSpan.FromMilliseconds(300);

        var report = await new Verifier(new HoldfastConfiguration(options, [], [], []), TimeProvider.System).RunAsync(default);
        var failed = report.Results.Where(result => result.State == VerificationState.Failed).ToList();
        Assert.True(failed.Count == 0, string.Join('\n', failed));

        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            await memory.AppendAsync("s", new Microsoft.Extensions.AI.ChatMessage(Microsoft.Extensions.AI.ChatRole.User, "the train leaves at nine"));
        }
    }
}
