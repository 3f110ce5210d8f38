using Holdfast.Operations.Schema.Constraints;
using Xunit;
using static Holdfast.Operations.Tests.Schema.Constraints.MemoryTypeCheck;

namespace Holdfast.Operations.Tests.Schema.Constraints;

/// <summary>What is found of a check, without running it.</summary>
public sealed class ConstraintInspectionTests
{
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
