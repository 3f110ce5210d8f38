using Holdfast.Operations.Access;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary><c>access apply</c> where the provider hears of roles at the commit and may refuse them.</summary>
public sealed class ManagedServerTests
{
    [Fact]
    public async Task where_passwords_are_taken_as_plain_text_only_all_else_is_done_and_each_password_is_a_step_by_hand()
    {
        using var database = await AccessDatabase.CreateAsync();
        await using var neon = new ManagedServer(database.Server.Port, isHashed => isHashed ? """Received HTTP code 400 from control plane: {"error":"Neon only supports being given plaintext passwords"}""" : null);
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(neon.Through(database.Connection)), database.Schema);

        var (plan, fresh) = await control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Equal(1, neon.Refused);
        Assert.Empty(fresh);
        Assert.False(File.Exists(database.Secrets.Path) || File.Exists(database.Secrets.Draft));
        Assert.Equal(["migrator", "app_a", "app_b", "ro", "backup", "monitor"], plan.ByHand.Select(step => step.Sql.Split(' ')[2][(database.Schema.Length + 1)..]));
        Assert.All(plan.ByHand, step => Assert.False(step.IsRequired));
        var step = plan.ByHand.Single(step => step.Sql == $"alter role {database.Schema}_app_a password :'password'");
        Assert.Contains(@"first \set password `openssl rand -hex 24`, then this, then select 1 (the app and the monitor see a session's last statement), then \echo :password", step.Why, StringComparison.Ordinal);
        var line = step.Why.Split(' ')[^1];
        Assert.StartsWith($"postgres://{database.Schema}_app_a:PASSWORD@127.0.0.1:", line, StringComparison.Ordinal);
        var matrix = await control.VerifyAsync(new AccessOptions(), [], default);
        Assert.True(matrix.IsRight, string.Join('\n', matrix.Wrong.Take(10)));

        // The step is done; then the log-in is as any other.
        await database.ExecuteAsync(step.Sql.Replace(":'password'", "'by hand'", StringComparison.Ordinal));
        await control.VerifyAsync(new AccessOptions(), [line.Replace("PASSWORD", "by%20hand", StringComparison.Ordinal)], default);
        await PostgresServer.ExecuteAsync(new NpgsqlConnectionStringBuilder(database.Connection) { Username = $"{database.Schema}_app_a", Password = "by hand", Pooling = false }.ConnectionString, $"select 1 from {database.Schema}.users");
    }

    [Fact]
    public async Task what_the_provider_refuses_at_the_commit_is_said_in_its_words_and_not_tried_again()
    {
        using var database = await AccessDatabase.CreateAsync();
        await using var neon = new ManagedServer(database.Server.Port, _ => "Received HTTP code 423 from control plane: operations in progress");
        var control = new AccessControl(new NpgsqlConnectionStringBuilder(neon.Through(database.Connection)), database.Schema);
        var error = await Assert.ThrowsAsync<SchemaException>(() => control.ApplyAsync(new AccessOptions(), database.Secrets, default));
        Assert.Contains("423 from control plane: operations in progress (XX000). Everything was rolled back", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, neon.Refused);
        Assert.False(File.Exists(database.Secrets.Path) || File.Exists(database.Secrets.Draft));
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_roles where rolname like '{s}\\_%'"));
    }

    [Theory]
    [InlineData("55P03", "canceling statement due to lock timeout", true, false)]
    [InlineData("40P01", "deadlock detected", true, false)]
    [InlineData("XX000", "tuple concurrently updated", true, false)]
    [InlineData("XX000", "tuple concurrently deleted", true, false)]
    [InlineData("XX000", "Received HTTP code 500 from control plane: internal error", false, false)]
    [InlineData("XX000", "Received HTTP code 400 from control plane: {\"error\":\"Neon only supports being given plaintext passwords\"}", false, true)]
    [InlineData("55000", "Neon only supports being given plaintext passwords", false, true)]
    [InlineData("42501", "permission denied", false, false)]
    public void an_error_is_tried_again_only_when_another_try_may_do_it(string state, string text, bool isPassing, bool asksForPlaintext)
    {
        var error = new PostgresException(text, "ERROR", "ERROR", state);
        Assert.Equal((isPassing, asksForPlaintext), (AccessErrors.IsPassing(error), AccessErrors.AsksForPlaintext(error)));
        Assert.True(AccessErrors.IsRefusal(error));
        Assert.False(AccessErrors.IsRefusal(new PostgresException(text, "FATAL", "FATAL", state)));
    }
}
