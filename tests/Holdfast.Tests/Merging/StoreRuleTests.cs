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
    public Task without_first_stamp_wins_a_promise_breaks() => MustFailAsync(new MergeRules(FirstStampWins: false));

    [Fact]
    public Task without_a_new_feed_place_for_a_replaced_row_a_promise_breaks() =>
        MustFailAsync(new MergeRules(ReplacedRowMovesInFeed: false), ScheduleProfile.Replacements);

    [Fact]
    public Task without_keeping_an_arriving_loser_a_promise_breaks() => MustFailAsync(new MergeRules(ArrivingLoserIsKept: false));

    [Fact]
    public Task without_the_losers_stamp_and_scope_a_promise_breaks() => MustFailAsync(new MergeRules(LoserKeepsStampAndScope: false));

    [Fact]
    public Task without_storing_covered_rows_empty_a_promise_breaks() => MustFailAsync(new MergeRules(CoveredRowIsStoredEmpty: false));

    [Fact]
    public Task without_successors_standing_above_a_promise_breaks() => MustFailAsync(new MergeRules(SuccessorStandsAbove: false));

    [Fact]
    public Task without_erasures_that_cover_what_is_there_a_promise_breaks() => MustFailAsync(new MergeRules(ErasureCoversWhatIsThere: false));

    [Theory]
    [InlineData("FirstStampWins")]
    [InlineData("ReplacedRowMovesInFeed")]
    [InlineData("ArrivingLoserIsKept")]
    [InlineData("LoserKeepsStampAndScope")]
    [InlineData("CoveredRowIsStoredEmpty")]
    public async Task without_it_a_promise_breaks_on_three_servers_too(string rule)
    {
        var (rules, profile) = rule switch
        {
            "FirstStampWins" => (new MergeRules(FirstStampWins: false), ScheduleProfile.Model),
            "ReplacedRowMovesInFeed" => (new MergeRules(ReplacedRowMovesInFeed: false), ScheduleProfile.Replacements),
            "ArrivingLoserIsKept" => (new MergeRules(ArrivingLoserIsKept: false), ScheduleProfile.Model),
            "LoserKeepsStampAndScope" => (new MergeRules(LoserKeepsStampAndScope: false), ScheduleProfile.Model),
            _ => (new MergeRules(CoveredRowIsStoredEmpty: false), ScheduleProfile.Model),
        };
        var database = await TestDatabase.CreateAsync();
        await using var first = await database.ConnectAsync(rules, "first");
        await using var second = await database.ConnectAsync(rules, "second");
        await using var third = await database.ConnectAsync(rules, "third");
        await new ScheduleRunner(profile, rules, RelayRules.All, first, second, third).MustFailAsync(seed: 4_000_000, count: 100);
    }

    private static Task MustFailAsync(MergeRules rules, ScheduleProfile? profile = null) =>
        new ScheduleRunner(profile ?? ScheduleProfile.Model, rules, RelayRules.All).MustFailAsync(seed: 2_000_000, count: 1_000);
}
