using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Writers;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>Rules of the way between stores.</summary>
public sealed class ExchangeMutationTests(RunServers servers) : MutationTests(servers)
{
    [Fact]
    public Task with_a_plain_insert_two_sides_keep_different_rows_of_a_key() => MustFindAsync(
        Plan([[At(FaultKind.Split, 0.2, 1.4)]], 1.8), Mutation.PlainInsert, "differs", "not among the conflicts");

    [Fact]
    public Task without_the_feed_s_gap_rule_the_row_of_a_slow_transaction_never_leaves_its_provider() => MustFindAsync(
        Plan([[At(FaultKind.SlowTransaction, 0.3, 4.0)]], 4.5), Mutation.FeedGapRuleOff, "differs");
}
