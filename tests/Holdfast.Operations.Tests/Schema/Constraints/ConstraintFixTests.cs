using Holdfast.Operations.Schema.Constraints;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Constraints;

public sealed class ConstraintFixTests
{
    private const string Name = "session_memories_memory_type_check";
    private const string Table = "holdfast.session_memories";
    private const string All = "'session_metadata', 'message_user', 'message_assistant', 'message_system', 'message_tool', 'context', 'action', 'issue', 'decision', 'log', 'summary'";
    private const string Drop = $"alter table {Table} drop constraint {Name}";
    private const string Program = "holdfast schema constraint fix";

    private static readonly ExpectedCheck Expected = ExpectedCheck.All.Single(check => check.Name == Name);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static ConstraintFix Fix(SchemaDatabase database) => new(database.Settings, "holdfast")
    {
        Retry = new LockRetry(TimeProvider.System) { PauseMin = TimeSpan.FromMilliseconds(10), PauseMax = TimeSpan.FromMilliseconds(50), TriesMax = 20 },
    };

    private static async Task<CheckStatus> StatusAsync(SchemaDatabase database, bool countRows = false) =>
        (await new ConstraintInspection(database.Settings, "holdfast").RunAsync(countRows, Token)).Single(status => status.Name == Name);

    private static Task<long> ChecksAsync(SchemaDatabase database) => database.ScalarAsync<long>($"select count(*) from pg_constraint where conrelid = '{Table}'::regclass and contype = 'c'");

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
    public async Task what_differs_is_named_value_by_value()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ('log', 'dream'))");
        await database.ExecuteAsync("alter table holdfast.agent_messages add constraint valid_type check (message_type in ('log', 'error'))");
        var statuses = await new ConstraintInspection(database.Settings, "holdfast").RunAsync(countRows: false, Token);
        var memory = statuses.Single(status => status.Name == Name);
        Assert.Equal(Expected.Values.Except(["log"]), memory.Missing);
        Assert.Equal(["dream"], memory.Extra);
        var message = statuses.Single(status => status.Name == "agent_messages_message_type_check");
        Assert.Equal((CheckState.Differs, "valid_type"), (message.State, Assert.Single(message.OtherNames)));
        Assert.Equal(["task", "notification", "query", "response"], message.Missing);
        await database.ExecuteAsync("alter table holdfast.users add constraint own check (key <> '')");
        var own = (await new ConstraintInspection(database.Settings, "holdfast").RunAsync(countRows: true, Token)).Single(status => status.Name == "own");
        Assert.Equal((CheckState.WithoutEnum, true), (own.State, own.IsRight));
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
    public async Task a_row_that_comes_in_meanwhile_ends_the_repair_and_leaves_the_old_check()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint {Name} check (memory_type in ({All}, 'dream'))");
        // Not to be seen when the rows are counted, and in the way of the lock until it is committed.
        var writer = await database.HoldAsync(SchemaDatabase.Memory(1, "dream"));
        var error = await Assert.ThrowsAsync<SchemaException>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is null || writer.FullState != System.Data.ConnectionState.Open) return;
            using (var commit = new Npgsql.NpgsqlCommand("commit", writer)) commit.ExecuteNonQuery();
            writer.Dispose();
        }, Token));
        Assert.Contains("1 row", error.Message, StringComparison.Ordinal);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(["dream"], (await StatusAsync(database)).Extra);
    }

    [Theory]
    [InlineData(FixStepKind.Add)]
    [InlineData(FixStepKind.Validate)]
    [InlineData(FixStepKind.Swap)]
    internal async Task a_run_that_is_killed_after_any_step_is_finished_by_the_next(FixStepKind last)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint valid_memory_type check (memory_type in ('log'))");
        await Assert.ThrowsAnyAsync<Exception>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is not null || what.Step.Kind != last) return;
            database.TerminateAsync(Program).GetAwaiter().GetResult();
            throw new InvalidOperationException("killed");
        }, Token));
        // Guarded at every moment, by the old check or by ours.
        Assert.Equal("23514", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(SchemaDatabase.Memory(1, "dream")))).SqlState);
        var again = await Fix(database).RunAsync([Expected], null, Token);
        Assert.Equal(last switch { FixStepKind.Add => 2, FixStepKind.Validate => 1, _ => 0 }, again.Steps.Count);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
    }

    [Theory]
    [InlineData(FixStepKind.Add, "access share")]
    [InlineData(FixStepKind.Validate, "share update exclusive")]
    [InlineData(FixStepKind.Swap, "access share")]
    internal async Task a_run_whose_session_ends_within_any_step_is_finished_by_the_next(FixStepKind within, string inTheWay)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Drop}; alter table {Table} add constraint valid_memory_type check (memory_type in ('log'))");
        Npgsql.NpgsqlConnection? blocker = null;
        var ended = Task.CompletedTask;
        async Task EndAsync()
        {
            await Wait.UntilAsync(() => database.ScalarAsync<bool>($"select exists (select from pg_stat_activity where application_name = '{Program}' and datname = current_database() and wait_event_type = 'Lock')"), "the step has begun");
            await database.TerminateAsync(Program);
        }
        void Before(FixStepKind step)
        {
            if (step != within) return;
            blocker = database.HoldAsync($"lock table {Table} in {inTheWay} mode").GetAwaiter().GetResult();
            ended = EndAsync();
        }
        Before(FixStepKind.Add == within ? within : FixStepKind.DropLeftover);
        await Assert.ThrowsAsync<StoreUnavailableException>(() => Fix(database).RunAsync([Expected], what =>
        {
            if (what.Waiting is null && what.Step.Kind != FixStepKind.Swap) Before(what.Step.Kind + 1);
        }, Token));
        await ended;
        await blocker!.DisposeAsync();
        Assert.Equal("23514", (await Assert.ThrowsAsync<Npgsql.PostgresException>(() => database.ExecuteAsync(SchemaDatabase.Memory(1, "dream")))).SqlState);
        Assert.Equal(within switch { FixStepKind.Add => 3, FixStepKind.Validate => 2, _ => 1 }, (await Fix(database).RunAsync([Expected], null, Token)).Steps.Count);
        Assert.Equal(1, await ChecksAsync(database));
        Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
    }

    [Fact]
    public async Task a_table_in_use_is_given_way_to_and_in_the_end_named()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        await using var reader = await database.HoldAsync($"select count(*) from {Table}");
        var waits = new List<string>();
        var fix = new ConstraintFix(database.Settings, "holdfast") { Retry = new LockRetry(TimeProvider.System) { PauseMin = TimeSpan.FromMilliseconds(10), PauseMax = TimeSpan.FromMilliseconds(20), TriesMax = 2 } };
        var error = await Assert.ThrowsAsync<LockNotGrantedException>(() => fix.RunAsync([Expected], what => waits.Add(what.Waiting ?? ""), Token));
        Assert.Contains($"process {reader.ProcessID}", error.Message, StringComparison.Ordinal);
        Assert.Contains($"process {reader.ProcessID}", Assert.Single(waits), StringComparison.Ordinal);
        Assert.Equal(0, await ChecksAsync(database));
    }

    [Fact]
    public async Task two_repairs_at_once_do_it_once()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Drop);
        var reports = await Task.WhenAll(Fix(database).RunAsync([Expected], null, Token), Fix(database).RunAsync([Expected], null, Token));
        Assert.Equal([0, 3], reports.Select(report => report.Steps.Count).Order());
        Assert.Equal(1, await ChecksAsync(database));
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

    [Fact]
    public async Task a_condition_that_calls_somebody_s_function_is_not_run_to_look_at_it()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"""
            {Drop}; create table holdfast.seen (at timestamptz);
            create function holdfast.is_type(text) returns boolean language plpgsql as 'begin insert into holdfast.seen values (now()); return true; end';
            alter table {Table} add constraint {Name} check (holdfast.is_type(memory_type));
            """);
        var found = await StatusAsync(database);
        Assert.Equal((CheckState.Differs, "its condition cannot be compared"), (found.State, found.Note));
        Assert.Equal(0, await database.ScalarAsync<long>("select count(*) from holdfast.seen"));
        await Fix(database).RunAsync([Expected], null, Token);
        Assert.Equal(CheckState.Equal, (await StatusAsync(database)).State);
    }
}
