using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

public sealed class StandbyTests
{
    [Fact]
    public async Task a_standby_is_called_one_by_plan_apply_and_verify()
    {
        await using var server = await PostgresServer.StartAsync();
        await server.StopAsync();
        await File.WriteAllTextAsync(Path.Combine(server.DataFolder, "standby.signal"), "");
        await server.StartAgainAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(server.ConnectionString), "holdfast");
        foreach (var run in new Func<Task>[] { () => control.PlanAsync(new AccessOptions(), default), () => control.ApplyAsync(new AccessOptions(), null, default), () => control.VerifyAsync(new AccessOptions(), [], default) })
        {
            var told = await Assert.ThrowsAsync<SchemaException>(run);
            Assert.All((string[])["is a standby", "target_session_attrs=read-write"], text => Assert.Contains(text, told.Message, StringComparison.Ordinal));
        }
    }
}
