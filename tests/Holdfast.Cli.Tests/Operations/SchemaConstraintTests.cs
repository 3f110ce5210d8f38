using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

public sealed class SchemaConstraintTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Name = "session_memories_memory_type_check";
    private const string Tighten = $"alter table holdfast.session_memories drop constraint {Name}; alter table holdfast.session_memories add constraint valid_memory_type check (memory_type in ('log', 'context'))";
    private const string BadRow = "insert into holdfast.session_memories (tenant_id, id, stamp, occurred_at, memory_type) values ('default', gen_random_uuid(), gen_random_uuid(), now(), 'dream')";

    private static async Task<string> StatesAsync(ProviderHome home)
    {
        var answer = await home.RunAsync("schema", "constraint", "list", "--json");
        return string.Join(' ', answer.Result.EnumerateArray().Select(provider => provider.GetProperty("checks").EnumerateArray().Single(check => check.GetProperty("name").GetString() == Name).GetProperty("state").GetString()));
    }

    [Fact]
    public async Task the_named_provider_is_repaired_and_no_other_and_the_answer_names_its_server()
    {
        using var home = await providers.NewAsync();
        Assert.Equal("equal equal equal", await StatesAsync(home));
        (await home.RunAsync("schema", "constraint", "check")).Done();
        foreach (var connection in home.Connections) await PostgresServer.ExecuteAsync(connection, Tighten);
        var check = (await home.RunAsync("schema", "constraint", "check")).Ended(9);
        foreach (var part in (string[])["valid_memory_type", "refuses session_metadata", "differs"]) Assert.Contains(part, check.Out, StringComparison.Ordinal);
        Assert.Contains("3 checks are not what the code needs: neon: " + Name, check.Errors, StringComparison.Ordinal);

        // The originals repaired the first one, printed that the named one was right, and ended with 0.
        var plan = (await home.RunAsync("schema", "constraint", "fix", Name, "--provider", "railway", "--dry-run", "--json")).Result;
        Assert.True(plan.GetProperty("dry_run").GetBoolean());
        Assert.Equal("differs differs differs", await StatesAsync(home));
        Assert.Contains("Run these statements on railway?", (await home.RunAsync("schema", "constraint", "fix", Name, "--provider", "railway")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Equal("differs differs differs", await StatesAsync(home));
        var answer = await home.RunAsync("schema", "constraint", "fix", Name, "--provider", "railway", "--yes", "--json");
        var repaired = Assert.Single(answer.Result.GetProperty("providers").EnumerateArray().ToList());
        Assert.StartsWith("target: railway  127.0.0.1:", answer.Errors, StringComparison.Ordinal);
        Assert.Equal(("railway", "repaired", 11), (repaired.GetProperty("provider").GetString(), repaired.GetProperty("state").GetString(), repaired.GetProperty("values_proven").GetInt32()));
        Assert.Contains($":{new NpgsqlConnectionStringBuilder(home.Of("railway")).Port}/", repaired.GetProperty("target").GetString(), StringComparison.Ordinal);
        Assert.Equal(["add", "validate", "swap"], repaired.GetProperty("steps").EnumerateArray().Select(step => step.GetProperty("kind").GetString()));
        Assert.All(repaired.GetProperty("steps").EnumerateArray(), step => Assert.InRange(step.GetProperty("exclusive_ms").GetDouble(), 0, 1000));
        Assert.Equal("differs differs equal", await StatesAsync(home));

        var all = (await home.RunAsync("schema", "constraint", "fix", "--provider", "all", "--yes")).Done();
        Assert.Contains("railway: right", all.Out, StringComparison.Ordinal);
        Assert.True(all.Out.IndexOf("supabase: repaired", StringComparison.Ordinal) < all.Out.IndexOf("neon: repaired", StringComparison.Ordinal), all.Out);
        Assert.Equal("equal equal equal", await StatesAsync(home));
    }

    [Fact]
    public async Task rows_against_it_on_the_last_server_are_told_before_the_first_is_changed()
    {
        using var home = await providers.NewAsync();
        foreach (var connection in home.Connections) await PostgresServer.ExecuteAsync(connection, $"alter table holdfast.session_memories drop constraint {Name}");
        await PostgresServer.ExecuteAsync(home.Of("neon"), BadRow);
        var answer = (await home.RunAsync("schema", "constraint", "fix", "--yes")).Ended(4);
        Assert.Contains("1 row, for instance tenant_id default", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("'dream'", answer.Errors, StringComparison.Ordinal);
        Assert.Equal("missing missing missing", await StatesAsync(home));
    }

    [Fact]
    public async Task the_first_failure_ends_it_and_the_rest_is_told_as_not_begun()
    {
        using var home = await providers.NewAsync();
        foreach (var connection in home.Connections) await PostgresServer.ExecuteAsync(connection, $"alter table holdfast.session_memories drop constraint {Name}");
        // Found only when a row is tried: no plan can know.
        await PostgresServer.ExecuteAsync(home.Of("supabase"), """
            create function holdfast.refuse() returns trigger language plpgsql as 'begin if new.tenant_id like ''holdfast %'' then raise exception ''no''; end if; return new; end';
            create trigger refuse before insert on holdfast.session_memories for each row execute function holdfast.refuse();
            """);
        var answer = (await home.RunAsync("schema", "constraint", "fix", Name, "--yes", "--json")).Ended(9);
        var result = answer.Envelope.GetProperty("result");
        Assert.False(result.GetProperty("complete").GetBoolean());
        Assert.Equal(["railway repaired", "supabase failed", "neon not_reached"], result.GetProperty("providers").EnumerateArray().Select(one => $"{one.GetProperty("provider").GetString()} {one.GetProperty("state").GetString()}"));
        Assert.Contains("Not begun: neon", answer.Errors, StringComparison.Ordinal);
        Assert.Equal("missing", (await StatesAsync(home)).Split(' ')[0]);
    }

    [Fact]
    public async Task a_run_of_the_program_that_is_killed_while_it_waits_is_finished_by_the_next()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("neon"), Tighten);
        await using var blocker = await PostgresServer.HoldAsync(home.Of("neon"), "select count(*) from holdfast.session_memories");
        await home.KillWhenItSaysAsync("is in use by", "schema", "constraint", "fix", Name, "--provider", "neon", "--yes");
        await blocker.CloseAsync();
        (await home.RunAsync("schema", "constraint", "fix", Name, "--provider", "neon", "--yes")).Done();
        Assert.Equal("equal equal equal", await StatesAsync(home));
    }

    [Fact]
    public async Task a_role_that_does_not_own_the_table_and_a_name_that_nobody_has_end_in_codes_of_the_table()
    {
        using var home = await providers.NewAsync();
        (await home.RunAsync("schema", "constraint", "fix", "valid_nothing")).Ended(6);
        await PostgresServer.ExecuteAsync(home.Of("neon"), $"{Tighten}; do 'begin create role reader login; exception when duplicate_object then null; end'; grant usage on schema holdfast to reader; grant select on all tables in schema holdfast to reader");
        home.Holdfast.With("HOLDFAST_PROVIDER_NEON", new NpgsqlConnectionStringBuilder(home.Of("neon")) { Username = "reader" }.ConnectionString);
        (await home.RunAsync("schema", "constraint", "check", "--provider", "neon")).Ended(9);
        (await home.RunAsync("schema", "constraint", "fix", "--provider", "neon", "--yes")).Ended(3);
    }

    [Fact]
    public async Task the_local_file_keeps_its_own_schema()
    {
        using var holdfast = new HoldfastProgram();
        (await holdfast.RunAsync("schema", "constraint", "list")).Ended(2);
        (await holdfast.RunAsync("schema", "index", "check", "--provider", "local")).Ended(2);
    }
}
