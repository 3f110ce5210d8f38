using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Merging;

/// <summary>Random schedules over real stores end with everything where it was promised to be.</summary>
public sealed class ScheduleTests
{
    [Fact]
    public Task every_promise_holds_on_three_local_files() =>
        new ScheduleRunner(ScheduleProfile.Model, MergeRules.All, RelayRules.All).MustHoldAsync(seed: 1, usual: 80);

    [Fact]
    public Task stores_that_are_set_back_again_and_again_end_equal() =>
        new ScheduleRunner(ScheduleProfile.Restores, MergeRules.All, RelayRules.All).MustHoldAsync(seed: 500_000, usual: 80);

    [Fact]
    public Task stores_that_get_everything_twice_and_are_set_back_end_equal() =>
        new ScheduleRunner(ScheduleProfile.Retries, MergeRules.All, RelayRules.All).MustHoldAsync(seed: 600_000, usual: 60);

    [Fact]
    public async Task every_promise_holds_on_two_local_files_and_a_server()
    {
        var database = await TestDatabase.CreateAsync();
        await using var server = await database.ConnectAsync();
        await new ScheduleRunner(ScheduleProfile.Model, MergeRules.All, RelayRules.All, server).MustHoldAsync(seed: 1_000_000, usual: 40);
    }
}
