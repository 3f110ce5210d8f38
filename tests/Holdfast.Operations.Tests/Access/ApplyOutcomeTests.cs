using Holdfast.Operations.Access;
using Holdfast.Operations.Drills;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>How <c>access apply</c> ends when it cannot end well: no password in force is ever lost.</summary>
public sealed class ApplyOutcomeTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_commit_that_nobody_heard_the_end_of_leaves_the_passwords_beside_the_file_and_the_next_run_refuses(bool wasDone)
    {
        using var database = await AccessDatabase.CreateAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", database.Server.Port);
        var settings = new NpgsqlConnectionStringBuilder(proxy.Through(database.Connection));
        var control = new AccessControl(settings, database.Schema);
        var cut = proxy.CutNext("commit", reachesServer: wasDone);
        var error = await Assert.ThrowsAsync<AccessOutcomeException>(() => control.ApplyAsync(new AccessOptions(), database.Secrets, default));
        await cut;
        Assert.Contains(database.Secrets.Draft, error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(database.Secrets.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(database.Secrets.Draft));

        // The only copy of passwords that may be in force is not written over.
        var left = await File.ReadAllTextAsync(database.Secrets.Draft);
        var refused = await Assert.ThrowsAsync<SchemaException>(() => control.ApplyAsync(new AccessOptions(), database.Secrets, default));
        Assert.Contains($"access verify --secrets {database.Secrets.Draft}", refused.Message, StringComparison.Ordinal);
        Assert.Equal(left, await File.ReadAllTextAsync(database.Secrets.Draft));

        // What the message says tells which of the two it was.
        var matrix = await control.VerifyAsync(new AccessOptions(), await new SecretsFile(database.Secrets.Draft).ReadAsync(default), default);
        Assert.Equal(wasDone ? 6 : 0, matrix.LoggedIn.Count);
        if (wasDone) File.Move(database.Secrets.Draft, database.Secrets.Path);
        else database.Secrets.Discard();
        var (_, fresh) = await control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Equal(wasDone ? 0 : 6, fresh.Count);
        await PostgresServer.ExecuteAsync(SecretsFile.Find(await database.Secrets.ReadAsync(default), settings, $"{database.Schema}_ro")!.ConnectionString + ";Pooling=false", $"select 1 from {database.Schema}.users");
    }

    [Fact]
    public async Task a_connection_that_breaks_before_the_commit_has_changed_nothing_and_says_so()
    {
        using var database = await AccessDatabase.CreateAsync();
        await using var proxy = FaultProxy.Start("127.0.0.1", database.Server.Port);
        var cut = proxy.CutNext("connection limit");
        var error = await Assert.ThrowsAsync<StoreUnavailableException>(() => new AccessControl(new NpgsqlConnectionStringBuilder(proxy.Through(database.Connection)), database.Schema).ApplyAsync(new AccessOptions(), database.Secrets, default));
        await cut;
        Assert.Contains("rolled back", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(database.Secrets.Path) || File.Exists(database.Secrets.Draft));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
    }

    [Fact]
    public async Task two_that_begin_at_once_on_a_server_without_the_roles_both_end_well()
    {
        using var database = await AccessDatabase.CreateAsync();
        await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => database.Control.ApplyAsync(new AccessOptions(), null, default)));
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task a_lock_that_is_never_had_is_given_up_with_the_name_of_who_has_it()
    {
        using var database = await AccessDatabase.CreateAsync();
        await using var writer = new NpgsqlConnection(database.Connection + ";Pooling=false;Application Name=nightly import");
        await writer.OpenAsync();
        await new NpgsqlCommand($"begin; lock table {database.Schema}.users in row exclusive mode", writer).ExecuteNonQueryAsync();
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(database.Connection), database.Schema, new Hurried());
        var error = await Assert.ThrowsAsync<AccessLockException>(() => control.ApplyAsync(new AccessOptions(), database.Secrets, default));
        Assert.Contains("in each of 10 tries", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {writer.ProcessID} of nightly import (idle in transaction", error.Message, StringComparison.Ordinal);
        Assert.Contains("has users", error.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(database.Secrets.Path) || File.Exists(database.Secrets.Draft));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
        await new NpgsqlCommand("rollback", writer).ExecuteNonQueryAsync();
        await control.ApplyAsync(new AccessOptions(), database.Secrets, default);
    }

    /// <summary>Nobody waits between two tries.</summary>
    private sealed class Hurried : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => base.CreateTimer(callback, state, TimeSpan.Zero, period);
    }
}
