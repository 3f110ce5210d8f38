using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class SchemaIndexTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Index = "session_memories_session_id_stamp_idx";

    [Fact]
    public async Task a_missing_index_is_found_built_and_found_right_on_each_provider()
    {
        using var home = await providers.NewAsync();
        Assert.Contains("neon: ", (await home.RunAsync("schema", "index", "check")).Done().Out, StringComparison.Ordinal);
        foreach (var name in (string[])["neon", "railway"]) await PostgresServer.ExecuteAsync(home.Of(name), $"drop index holdfast.{Index}");
        var found = (await home.RunAsync("schema", "index", "check", "--json")).ResultWith(10);
        Assert.Equal(["missing_declared", "", "missing_declared"], found.GetProperty("providers").EnumerateArray().Select(one => string.Join(' ', one.GetProperty("findings").EnumerateArray().Select(finding => finding.GetProperty("kind").GetString()))));

        Assert.Contains($"create index concurrently \"{Index}\"", (await home.RunAsync("schema", "index", "build", Index, "--dry-run")).Done().Errors, StringComparison.Ordinal);
        var unanswered = (await home.RunAsync("schema", "index", "build", Index)).Ended(4);
        Assert.Contains("Run these statements on railway, neon?", unanswered.Errors, StringComparison.Ordinal);
        Assert.Contains($"hint: holdfast schema index build {Index} --yes", unanswered.Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", "index", "check")).Ended(10);
        var built = (await home.RunAsync("schema", "index", "build", Index, "--yes", "--json")).Result.GetProperty("providers").EnumerateArray().Select(one => $"{one.GetProperty("provider").GetString()} {one.GetProperty("state").GetString()}");
        Assert.Equal(["railway built", "supabase right", "neon built"], built);
        (await home.RunAsync("schema", "index", "check")).Done();
    }

    [Fact]
    public async Task a_user_s_own_table_is_checked_and_indexed_and_what_stands_on_an_index_keeps_it()
    {
        using var home = await providers.NewAsync();
        const string shop = "create schema shop; create table shop.a (id int primary key); create table shop.b (a_id int references shop.a, note text); create index b_note_idx on shop.b (note)";
        await PostgresServer.ExecuteAsync(home.Of("neon"), shop);
        Task<Answer> RunAsync(params string[] arguments) => home.RunAsync([.. arguments, "--schema", "shop", "--provider", "neon"]);

        var check = (await RunAsync("schema", "index", "check")).Ended(10).Out;
        foreach (var part in (string[])["missing for foreign key", "b_a_id_idx", "unused", "as far as this provider knows", "holdfast schema index build --table b --columns a_id"]) Assert.Contains(part, check, StringComparison.Ordinal);
        (await RunAsync("schema", "index", "build", "--table", "b", "--columns", "a_id", "--yes")).Done();
        Assert.Contains("--yes", (await RunAsync("schema", "index", "drop", "b_note_idx")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("to make it again: create index concurrently \"b_note_idx\" ON shop.b", (await RunAsync("schema", "index", "drop", "b_note_idx", "--yes")).Done().Out, StringComparison.Ordinal);
        Assert.Contains("primary key", (await RunAsync("schema", "index", "drop", "a_pkey")).Ended(4).Errors, StringComparison.Ordinal);
        (await RunAsync("schema", "index", "drop", "b_note_idx")).Ended(6);
        (await RunAsync("schema", "index", "build", "b_nobody_idx")).Ended(6);
        (await RunAsync("schema", "index", "build")).Ended(2);
        (await RunAsync("schema", "index", "check")).Done();
        (await home.RunAsync("schema", "index", "drop", Index, "--provider", "neon")).Ended(4);
    }

    [Fact]
    public async Task a_build_whose_program_is_killed_is_finished_by_the_next_and_nothing_invalid_is_left()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("neon"), $"drop index holdfast.{Index}");
        await using var writer = await PostgresServer.HoldAsync(home.Of("neon"), "lock table holdfast.session_memories in row exclusive mode");
        await home.KillWhenItSaysAsync("waiting for", "schema", "index", "build", Index, "--provider", "neon", "--yes");
        await writer.CloseAsync();
        (await home.RunAsync("schema", "index", "build", Index, "--provider", "neon", "--yes")).Done();
        Assert.Equal(0L, await PostgresServer.AskAsync<long>(home.Of("neon"), "select count(*) from pg_index where not indisvalid"));
        Assert.Equal(1L, await PostgresServer.AskAsync<long>(home.Of("neon"), $"select count(*) from pg_indexes where indexname = '{Index}'"));
    }
}
