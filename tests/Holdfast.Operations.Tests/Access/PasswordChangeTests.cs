using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>The application's password is changed by its two slots (docs/access.md) while it works.</summary>
public sealed class PasswordChangeTests
{
    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task the_slot_that_is_not_in_use_gets_a_new_password_and_the_other_is_closed(PostgresVersion version)
    {
        using var database = await AccessDatabase.AppliedAsync(version);
        var before = await database.Secrets.ReadAsync(default);
        var (oldA, oldB) = (await database.LogInAsync("app_a"), await database.LogInAsync("app_b"));
        await using var working = await AgentMemory.OpenAsync(Options(database, oldA));
        var session = await working.OpenSessionAsync("s", "maria");
        await session.AppendUserAsync("before");

        // Its line stands in the file still: a role that has no password gets one all the same.
        await database.ExecuteAsync("alter role {s}_app_b login password null");
        var (_, fresh) = await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Equal([$"{database.Schema}_app_b"], fresh);
        var after = await database.Secrets.ReadAsync(default);
        Assert.Equal(before.Count, after.Count);
        Assert.Single(after.Except(before));
        await RefusedAsync(oldB, "28P01");
        Assert.True((await database.VerifyAsync(logIn: true)).IsRight);
        await session.AppendUserAsync("meanwhile");

        await using (var moved = await AgentMemory.OpenAsync(Options(database, await database.LogInAsync("app_b"))))
        {
            await database.ExecuteAsync("alter role {s}_app_a nologin");
            await RefusedAsync(oldA, "28000");
            await (await moved.OpenSessionAsync("s", "maria")).AppendUserAsync("after");
            Assert.Equal(["before", "meanwhile", "after"], (await (await moved.OpenSessionAsync("s", "maria")).LoadAsync()).Select(message => message.Content.GetString()!));
        }
        // A closed slot is left closed, and is no finding.
        Assert.Empty((await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default)).NewPasswords);
        Assert.False(await database.ScalarAsync<bool>("select rolcanlogin from pg_roles where rolname = '{s}_app_a'"));
        var matrix = await database.VerifyAsync(logIn: true);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));

        // The next change goes the other way.
        await database.ExecuteAsync("alter role {s}_app_a login password null");
        Assert.Equal([$"{database.Schema}_app_a"], (await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default)).NewPasswords);
        await RefusedAsync(oldA, "28P01");
        await database.ExecuteAsAsync("app_a", "select 1 from {s}.users");
    }

    private static async Task RefusedAsync(string logIn, string state) =>
        Assert.Equal(state, (await Assert.ThrowsAsync<PostgresException>(() => PostgresServer.ExecuteAsync(logIn + ";Pooling=false", "select 1"))).SqlState);

    private static HoldfastOptions Options(AccessDatabase database, string connection)
    {
        var options = new HoldfastOptions { Home = database.Home, Schema = database.Schema };
        options.Providers.Add(new ProviderOptions { Name = "one", Connection = connection });
        return options;
    }
}
