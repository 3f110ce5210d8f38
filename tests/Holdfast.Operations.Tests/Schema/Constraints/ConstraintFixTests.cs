using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Xunit;
using static Holdfast.Operations.Tests.Schema.Constraints.MemoryTypeCheck;

namespace Holdfast.Operations.Tests.Schema.Constraints;

/// <summary>Whatever was done to a check is repaired, proven, or refused before anything is changed.</summary>
public sealed class ConstraintFixTests
{
    // What was done to the table; the state that it is found in; the checks that the repaired table has.
    private static IEnumerable<(string Harm, CheckState State, int Left)> Harms(PostgresVersion version) =>
    [
        (Drop, CheckState.Missing, 1),
        ($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ('log', 'context', 'message_user'))", CheckState.Differs, 1),
        ($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All}, 'dream'))", CheckState.Differs, 1),
        ($"{Drop}; alter table {Table} add constraint {Name} check (memory_type <> '')", CheckState.Differs, 1),
        ($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All}) or author is null)", CheckState.Differs, 1),
        ($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All})) not valid", CheckState.NotValidated, 1),
        ($"alter table {Table} rename constraint {Name} to valid_memory_type", CheckState.OtherName, 1),
        ($"alter table {Table} add constraint \"Valid Memory\" check (memory_type = any (array[{All}]))", CheckState.OtherName, 1),
        // The originals' trap: the old check of another name survives beside ours and goes on refusing.
        ($"alter table {Table} add constraint valid_memory_type check (memory_type in ('log', 'context'))", CheckState.Differs, 1),
        ($"alter table {Table} add constraint {Name}_new check (memory_type in ('log')) not valid", CheckState.Leftover, 1),
        ($"{Drop}; alter table {Table} add constraint {Name}_new check (memory_type in ({All})) not valid", CheckState.Missing, 1),
        // Somebody's own, which refuses nothing of ours, stays.
        ($"alter table {Table} add constraint short_enough check (length(memory_type) < 100)", CheckState.Equal, 2),
        .. version == PostgresVersion.Debian ? Array.Empty<(string, CheckState, int)>() : [($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All})) not enforced", CheckState.Differs, 2)],
    ];

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task whatever_was_done_to_a_check_is_found_and_repaired_and_found_right_afterwards(PostgresVersion version)
    {
        var database = await SchemaDatabase.CreateAsync(version);
        var inspected = await new ConstraintInspection(database.Settings, "holdfast").RunAsync(countRows: true, Token);
        Assert.All(inspected, status => Assert.Equal(CheckState.Equal, status.State));
        Assert.Equal(ExpectedCheck.All.Count, inspected.Count);
        await database.ExecuteAsync(SchemaDatabase.Memory(1, "log"));

        foreach (var (harm, state, left) in Harms(version))
        {
            await database.ExecuteAsync(harm);
            var found = await StatusAsync(database, countRows: true);
            Assert.True(found.State == state, $"{harm}: {found}");
            Assert.Equal(state == CheckState.Equal, found.IsRight);

            var report = await Fix(database).RunAsync([Expected], null, Token);
            Assert.Equal(state == CheckState.Equal, report.Steps.Count == 0);
            Assert.Equal(Expected.Values.Count, report.ValuesProven);
            Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
            Assert.Equal(left, await ChecksAsync(database));
            Assert.All(report.Steps, step => Assert.True(step.IsExclusive ? step.ExclusiveMilliseconds > 0 : step.ExclusiveMilliseconds == 0, step.ToString()));
            Assert.Empty((await Fix(database).RunAsync([Expected], null, Token)).Steps);
        }
    }

    [Fact]
    public async Task rows_that_the_check_would_refuse_are_counted_and_named_and_nothing_is_changed()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table holdfast.agent_messages drop constraint agent_messages_message_type_check; {SchemaDatabase.Memory(1, "dream")}; {SchemaDatabase.Memory(2, "dream")}");
        var found = await StatusAsync(database, countRows: true);
        Assert.Equal((2, "tenant_id default, id 00000000-0000-7000-8000-000000000001", "dream"), (found.Violations!.Count, found.Violations.Examples[0].Key, found.Violations.Examples[0].Value));
        var error = await Assert.ThrowsAsync<SchemaException>(() => Fix(database).RunAsync(ExpectedCheck.All, null, Token));
        foreach (var part in (string[])["2 rows", "00000000-0000-7000-8000-000000000002", "'dream'", "summary", "Nothing was changed"]) Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await ChecksAsync(database));
        // Nor the other table's, which could have been.
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from pg_constraint where conrelid = 'holdfast.agent_messages'::regclass and contype = 'c'"));
    }

    [Fact]
    public async Task a_plan_changes_nothing()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        Assert.Equal([FixStepKind.Add, FixStepKind.Validate, FixStepKind.Swap], (await Fix(database).PlanAsync([Expected], Token)).Steps.Select(step => step.Kind));
        Assert.Equal(0, await ChecksAsync(database));
    }

    [Fact]
    public async Task a_missing_table_and_a_standby_s_address_are_refused()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync("drop table holdfast.job_outcomes");
        Assert.Equal(CheckState.NoTable, (await new ConstraintInspection(database.Settings, "holdfast").RunAsync(true, Token)).Single(status => status.Name == "job_outcomes_outcome_check").State);
        Assert.Contains("schema migrate", (await Assert.ThrowsAsync<SchemaException>(() => Fix(database).RunAsync(ExpectedCheck.All, null, Token))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_value_that_the_repaired_table_still_refuses_is_told()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"""
            {Drop};
            create function holdfast.no_summary() returns trigger language plpgsql as 'begin if new.memory_type = ''summary'' then raise exception ''no''; end if; return new; end';
            create trigger no_summary before insert on {Table} for each row execute function holdfast.no_summary();
            """);
        var error = await Assert.ThrowsAsync<SchemaVerificationException>(() => Fix(database).RunAsync([Expected], null, Token));
        Assert.Contains("'summary' is refused", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await database.ScalarAsync<long>($"select count(*) from {Table}"));
    }

    [Theory]
    [InlineData("create function holdfast.swallow() returns trigger language plpgsql as 'begin return null; end'; create trigger swallow before insert on holdfast.session_memories for each row execute function holdfast.swallow()", "trigger swallow")]
    [InlineData("create rule nowhere as on insert to holdfast.session_memories do instead nothing", "rule nowhere")]
    public async Task rows_that_never_reach_the_table_prove_nothing_and_what_takes_them_is_named(string harm, string what)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; {harm}");
        var error = await Assert.ThrowsAsync<SchemaVerificationException>(() => Fix(database).RunAsync([Expected], null, Token));
        Assert.Contains(what, error.Message, StringComparison.Ordinal);
        Assert.Contains("nothing is proved", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_role_that_is_set_to_read_only_is_told_before_anything()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync("do $$ begin execute format('alter role %I in database %I set default_transaction_read_only = on', current_user, current_database()); end $$");
        var error = await Assert.ThrowsAsync<SchemaException>(() => Fix(database).RunAsync([Expected], null, Token));
        Assert.Contains("default_transaction_read_only is on by a setting of the role", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing was changed", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task the_proof_fails_where_nothing_refuses_a_forbidden_value()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        await using var session = await ControlSession.OpenAsync(database.Settings, "test", null, Token);
        Assert.Contains("was taken", (await Assert.ThrowsAsync<SchemaVerificationException>(() => ConstraintProof.RunAsync(session, "holdfast", Expected, Token))).Message, StringComparison.Ordinal);
    }
}
