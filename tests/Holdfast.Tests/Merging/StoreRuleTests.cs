using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Merging;

/// <summary>
/// Every rule of stores and writers is needed: with it switched off, random schedules find a broken promise. A test that fails
/// here says that the check is blind, or that the rule is not needed.
/// </summary>
public sealed class StoreRuleTests
{
    [Fact]
    public Task Without_first_stamp_wins_a_promise_breaks() => MustFailAsync(new MergeRules(FirstStampWins: false));

    [Fact]
    public Task Without_a_new_feed_place_for_a_replaced_row_a_promise_breaks() =>
        MustFailAsync(new MergeRules(ReplacedRowMovesInFeed: false), ScheduleProfile.Model with { Holders = 1, RollBack = 0 });

    [Fact]
    public Task Without_keeping_an_arriving_loser_a_promise_breaks() => MustFailAsync(new MergeRules(ArrivingLoserIsKept: false));

    [Fact]
    public Task Without_the_losers_stamp_and_scope_a_promise_breaks() => MustFailAsync(new MergeRules(LoserKeepsStampAndScope: false));

    [Fact]
    public Task Without_storing_covered_rows_empty_a_promise_breaks() => MustFailAsync(new MergeRules(CoveredRowIsStoredEmpty: false));

    [Fact]
    public Task Without_successors_standing_above_a_promise_breaks() => MustFailAsync(new MergeRules(SuccessorStandsAbove: false));

    [Fact]
    public Task Without_erasures_that_cover_what_is_there_a_promise_breaks() => MustFailAsync(new MergeRules(ErasureCoversWhatIsThere: false));

    [Theory]
    [InlineData("FirstStampWins")]
    [InlineData("ArrivingLoserIsKept")]
    [InlineData("LoserKeepsStampAndScope")]
    [InlineData("CoveredRowIsStoredEmpty")]
    public async Task Without_it_a_promise_breaks_with_a_server_too(string rule)
    {
        var rules = rule switch
        {
            "FirstStampWins" => new MergeRules(FirstStampWins: false),
            "ArrivingLoserIsKept" => new MergeRules(ArrivingLoserIsKept: false),
            "LoserKeepsStampAndScope" => new MergeRules(LoserKeepsStampAndScope: false),
            _ => new MergeRules(CoveredRowIsStoredEmpty: false),
        };
        await using var database = await TestDatabase.CreateAsync();
        await using var server = await database.ConnectAsync(rules);
        // Only the server is without the rule: it is its statements that are on trial.
        await new ScheduleRunner(ScheduleProfile.Model, MergeRules.All, RelayRules.All, server).MustFailAsync(seed: 4_000_000, count: 100);
    }

    private static Task MustFailAsync(MergeRules rules, ScheduleProfile? profile = null) =>
        new ScheduleRunner(profile ?? ScheduleProfile.Model, rules, RelayRules.All).MustFailAsync(seed: 2_000_000, count: 400);
}
