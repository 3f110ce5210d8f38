using System.Diagnostics;
using Holdfast.Cli.Tests.Commands;
using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>Ctrl-C in the middle of a migration: what stands, what does not, and how to go on.</summary>
public sealed class SchemaCancelTests(Server server) : IDisposable
{
    private readonly OwnMigrations _app = new(server);

    public void Dispose() => _app.Dispose();

    [Theory]
    // In the pause between two tries, and in the middle of a statement that waits.
    [InlineData("500")]
    [InlineData("60000")]
    public async Task what_is_applied_what_is_not_and_the_next_step_are_told_and_nothing_stays_locked(string lockTimeout)
    {
        await _app.ProvidersAsync("main", "backup");
        var main = _app.Of("main");
        _app.File("V1__t.sql", "create table t (id int);");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__free.sql", "create table u (id int);");
        _app.File("V3__held.sql", "alter table t add b int;");
        _app.File("V4__after.sql", "create table w (id int);");

        await using var blocker = await PostgresServer.HoldAsync(main, "select * from app.t");
        var cancelled = await CancelAsync(lockTimeout == "500" ? "V3__held.sql: try 1 of " : "main: V3__held.sql: begins", lockTimeout == "500" ? null : main, "migrate", "--lock-timeout", lockTimeout, "--provider", "all", "--to", "4", "--phase", "contract", "--out-of-order");
        Assert.Contains("error: Cancelled. backup: applied V2__free.sql, V3__held.sql, V4__after.sql. main: applied V2__free.sql; not applied V3__held.sql (rolled back), V4__after.sql.", cancelled.Errors, StringComparison.Ordinal);
        var own = string.Join(' ', _app.Options);
        Assert.Contains($"hint: holdfast schema status {own} --provider all, then holdfast schema migrate {own} --provider all --to 4 --phase contract --out-of-order", cancelled.Errors, StringComparison.Ordinal);
        await NobodyIsLeftAsync(main, blocker);
        await blocker.CloseAsync();
        var rest = (await _app.RunAsync("migrate")).Done().Out;
        Assert.StartsWith("backup: up to date: ", rest, StringComparison.Ordinal);
        Assert.Contains("\nmain: applied V3__held.sql\nmain: applied V4__after.sql\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_without_a_transaction_is_told_as_cut_and_resume_goes_on()
    {
        await _app.ProvidersAsync("main");
        var main = _app.Of("main");
        _app.File("V1__t.sql", "create table t (id int);");
        (await _app.RunAsync("migrate")).Done();
        _app.File("V2__i.sql", "-- holdfast:transaction off\ninsert into t values (1);\ncreate index concurrently t_id on t (id);\ninsert into t values (2);");
        _app.File("V3__after.sql", "create table w (id int);");

        await using var blocker = await PostgresServer.HoldAsync(main, "lock table app.t in row exclusive mode");
        var cancelled = await CancelAsync("V2__i.sql: statement 2 of 3", main, "migrate", "--json", "--provider", "main", "--ignore-file", _app.Holdfast.Write("accepted files", ""));
        Assert.Contains("error: Cancelled. main: V2__i.sql is cut: 1 of 3 statements are done and stand; not applied V3__after.sql.", cancelled.Errors, StringComparison.Ordinal);
        Assert.EndsWith($"then holdfast schema resume {string.Join(' ', _app.Options)} --provider main --ignore-file '{_app.Holdfast.PathOf("accepted files")}'\n", cancelled.Errors, StringComparison.Ordinal);
        Assert.Equal("cancelled", cancelled.Envelope.GetProperty("error").GetProperty("code").GetString());
        await NobodyIsLeftAsync(main, blocker);
        await blocker.CloseAsync();
        Assert.StartsWith("finished V2__i.sql\n", (await _app.RunAsync("resume")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("applied V3__after.sql\n", (await _app.RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        Assert.Equal(20L, await PostgresServer.AskAsync<long>(main, "select (select count(*) from app.t) * 10 + (select count(*) from pg_index where not indisvalid)"));
    }

    private async Task<Answer> CancelAsync(string words, string? waitsIn, params string[] arguments)
    {
        using var process = _app.Holdfast.Start(["schema", .. arguments, .. _app.Options]);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var told = "";
        while (!told.Contains(words, StringComparison.Ordinal)) told += await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line ? line + "\n" : throw new InvalidOperationException(told);
        if (waitsIn is not null) await Wait.UntilAsync(async () => await PostgresServer.AskAsync<long>(waitsIn, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0, "a statement that waits for a lock");
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Answer(process.ExitCode, await output, told + errors).Ended(5);
    }

    /// <summary>Only the blocker's session is there; the server ends those of the program when it notices.</summary>
    private static Task NobodyIsLeftAsync(string database, NpgsqlConnection blocker) =>
        Wait.UntilAsync(async () => await PostgresServer.AskAsync<long>(database, $"select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid not in (pg_backend_pid(), {blocker.ProcessID})") == 0, "no session of the program is left");
}
