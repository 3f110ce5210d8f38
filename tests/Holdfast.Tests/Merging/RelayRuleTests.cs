using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Merging;

/// <summary>Every rule of the relay is needed: with it switched off, random schedules find a broken promise.</summary>
public sealed class RelayRuleTests
{
    [Fact]
    public Task without_pulling_by_stamp_a_promise_breaks() => MustFailAsync(new RelayRules(PullsByStamp: false), ScheduleProfile.Model);

    [Fact]
    public Task without_relayed_conflicts_a_promise_breaks() => MustFailAsync(new RelayRules(ConflictsAreRelayed: false), ScheduleProfile.Model);

    [Fact]
    public Task without_erasures_in_the_local_file_a_promise_breaks() => MustFailAsync(new RelayRules(ErasuresStayInLocalFile: false), ScheduleProfile.Model);

    [Fact]
    public Task with_keyed_revisions_a_promise_breaks() => MustFailAsync(new RelayRules(RevisionsTakeNoKey: false), ScheduleProfile.Model);

    [Fact]
    public Task without_a_cursor_that_is_its_anchor_a_promise_breaks() => MustFailAsync(new RelayRules(CursorIsAnchor: false), ScheduleProfile.Retries);

    [Fact]
    public Task without_the_anchors_nonce_a_promise_breaks() => MustFailAsync(new RelayRules(AnchorComparesNonce: false), ScheduleProfile.Restores);

    [Fact]
    public Task without_repairs_that_stay_pending_a_promise_breaks() => MustFailAsync(new RelayRules(RepairStaysPending: false), ScheduleProfile.Restores);

    private static Task MustFailAsync(RelayRules rules, ScheduleProfile profile) =>
        new ScheduleRunner(profile, MergeRules.All, rules).MustFailAsync(seed: 3_000_000, count: 2_000);
}
