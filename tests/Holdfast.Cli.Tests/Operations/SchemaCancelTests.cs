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
    private readonly HoldfastProgram _holdfast = new();

    public void Dispose() => _holdfast.Dispose();

    private string[] Own => ["--directory", _holdfast.PathOf("migrations"), "--schema", "app"];

    private void File(string name, string sql) => _holdfast.Write(Path.Combine("migrations", name), sql);

    private Task<Answer> RunAsync(params string[] arguments) => _holdfast.RunAsync(["schema", .. arguments, .. Own]);

    [Theory]
    // In the pause between two tries, and in the middle of a statement that waits.
    [InlineData("500")]
    [InlineData("60000")]
    public async Task what_is_applied_what_is_not_and_the_next_step_are_told_and_nothing_stays_locked(string lockTimeout)
    {
        var (main, backup) = (await server.DatabaseAsync(), await server.DatabaseAsync());
        _holdfast.With("DATABASE_FAILOVER_ORDER", "main,backup").With("HOLDFAST_PROVIDER_MAIN", main).With("HOLDFAST_PROVIDER_BACKUP", backup);
        Directory.CreateDirectory(_holdfast.PathOf("migrations"));
        File("V1__t.sql", "create table t (id int);");
        (await RunAsync("migrate")).Done();
        File("V2__free.sql", "create table u (id int);");
        File("V3__held.sql", "alter table t add b int;");
        File("V4__after.sql", "create table w (id int);");

        await using var blocker = await HoldAsync(main, "begin; select * from app.t");
        var cancelled = await CancelAsync(lockTimeout == "500" ? "V3__held.sql: try 1 of " : "main: V3__held.sql: begins", lockTimeout == "500" ? null : main, "migrate", "--lock-timeout", lockTimeout, "--provider", "all", "--to", "4", "--phase", "contract", "--out-of-order");
        Assert.Contains("error: Cancelled. backup: applied V2__free.sql, V3__held.sql, V4__after.sql. main: applied V2__free.sql; not applied V3__held.sql (rolled back), V4__after.sql.", cancelled.Errors, StringComparison.Ordinal);
        var own = string.Join(' ', Own);
        Assert.Contains($"hint: holdfast schema status {own} --provider all, then holdfast schema migrate {own} --provider all --to 4 --phase contract --out-of-order", cancelled.Errors, StringComparison.Ordinal);
        await NobodyIsLeftAsync(main, blocker);
        await blocker.CloseAsync();
        var rest = (await RunAsync("migrate")).Done().Out;
        Assert.StartsWith("backup: up to date: ", rest, StringComparison.Ordinal);
        Assert.Contains("\nmain: applied V3__held.sql\nmain: applied V4__after.sql\n", rest, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_file_without_a_transaction_is_told_as_cut_and_resume_goes_on()
    {
        var main = await server.DatabaseAsync();
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", main);
        Directory.CreateDirectory(_holdfast.PathOf("migrations"));
        File("V1__t.sql", "create table t (id int);");
        (await RunAsync("migrate")).Done();
        File("V2__i.sql", "-- holdfast:transaction off\ninsert into t values (1);\ncreate index concurrently t_id on t (id);\ninsert into t values (2);");
        File("V3__after.sql", "create table w (id int);");

        await using var blocker = await HoldAsync(main, "begin; lock table app.t in row exclusive mode");
        var cancelled = await CancelAsync("V2__i.sql: statement 2 of 3", main, "migrate", "--json", "--provider", "main", "--ignore-file", _holdfast.Write("accepted files", ""));
        Assert.Contains("error: Cancelled. main: V2__i.sql is cut: 1 of 3 statements are done and stand; not applied V3__after.sql.", cancelled.Errors, StringComparison.Ordinal);
        Assert.EndsWith($"then holdfast schema resume {string.Join(' ', Own)} --provider main --ignore-file '{_holdfast.PathOf("accepted files")}'\n", cancelled.Errors, StringComparison.Ordinal);
        Assert.Equal("cancelled", cancelled.Envelope.GetProperty("error").GetProperty("code").GetString());
        await NobodyIsLeftAsync(main, blocker);
        await blocker.CloseAsync();
        Assert.StartsWith("finished V2__i.sql\n", (await RunAsync("resume")).Done().Out, StringComparison.Ordinal);
        Assert.StartsWith("applied V3__after.sql\n", (await RunAsync("migrate")).Done().Out, StringComparison.Ordinal);
        await using var source = NpgsqlDataSource.Create(main);
        await using var count = source.CreateCommand("select (select count(*) from app.t) * 10 + (select count(*) from pg_index where not indisvalid)");
        Assert.Equal(20L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
    }

    private async Task<Answer> CancelAsync(string words, string? waitsIn, params string[] arguments)
    {
        using var process = _holdfast.Start(["schema", .. arguments, .. Own]);
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync();
        var told = "";
        while (!told.Contains(words, StringComparison.Ordinal)) told += await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) is { } line ? line + "\n" : throw new InvalidOperationException(told);
        if (waitsIn is not null) await Wait.UntilAsync(async () => await AskAsync(waitsIn, "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'") > 0, "a statement that waits for a lock");
        using var kill = Process.Start("kill", ["-INT", $"{process.Id}"]);
        var errors = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return new Answer(process.ExitCode, await output, told + errors).Ended(5);
    }

    private static async Task<NpgsqlConnection> HoldAsync(string database, string sql)
    {
        var blocker = new NpgsqlConnection(database + ";Pooling=false");
        await blocker.OpenAsync(TestContext.Current.CancellationToken);
        await using var hold = new NpgsqlCommand(sql, blocker);
        await hold.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
        return blocker;
    }

    /// <summary>Only the blocker's session is there; the server ends those of the program when it notices.</summary>
    private static Task NobodyIsLeftAsync(string database, NpgsqlConnection blocker) =>
        Wait.UntilAsync(async () => await AskAsync(database, $"select count(*) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid not in (pg_backend_pid(), {blocker.ProcessID})") == 0, "no session of the program is left");

    private static async Task<long> AskAsync(string database, string sql)
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync(TestContext.Current.CancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (long)(await command.ExecuteScalarAsync(TestContext.Current.CancellationToken))!;
    }
}
