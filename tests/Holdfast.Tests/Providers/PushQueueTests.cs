using Holdfast.Providers;
using Holdfast.Stores;
using Holdfast.Tests.Rows;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Providers;

/// <summary>What a provider may lack, and whether it is near enough to lead.</summary>
public sealed class PushQueueTests
{
    private static readonly TimeSpan LagMax = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly TestRows _rows = new("t");
    private readonly PushQueue _queue;

    public PushQueueTests()
    {
        var provider = new Provider("p", 0, _time, _ => throw new InvalidOperationException("is not reached")) { Endpoint = new Npgsql.NpgsqlConnectionStringBuilder("Host=localhost") };
        _queue = new PushQueue(provider, _time);
        Assert.False(_queue.IsCaughtUp(LagMax));
        Assert.True(_queue.TakeScan());
        Assert.False(_queue.IsCaughtUp(LagMax));
        _queue.EndScan(done: true);
        Assert.True(_queue.IsEmpty);
    }

    [Fact]
    public async Task who_waits_for_its_own_rows_does_not_wait_for_those_that_come_meanwhile()
    {
        var mine = Added();
        var waiting = _queue.EmptiedAsync(CancellationToken.None);
        Assert.False(waiting.IsCompleted);
        var batch = _queue.Take();
        Added();
        mine.Confirm(0);
        _queue.PutBack(batch, new HashSet<Delivery>());
        await waiting.WaitAsync(TimeSpan.FromSeconds(10));
        Assert.False(_queue.IsEmpty);
    }

    [Fact]
    public void one_write_after_a_long_silence_does_not_put_it_behind_before_it_is_old()
    {
        _time.Advance(TimeSpan.FromHours(1));
        var delivery = Added();
        Assert.True(_queue.IsCaughtUp(LagMax));
        var batch = _queue.Take();
        _time.Advance(TimeSpan.FromMilliseconds(1_001));
        Assert.False(_queue.IsCaughtUp(LagMax));
        _queue.PutBack(batch, new HashSet<Delivery>());
        Assert.False(_queue.IsCaughtUp(LagMax));
        batch = _queue.Take();
        delivery.Confirm(0);
        _queue.PutBack(batch, new HashSet<Delivery>());
        Assert.True(_queue.IsCaughtUp(LagMax));
    }

    [Fact]
    public async Task an_attempt_that_still_runs_ages_as_a_row_does_and_its_failure_does_not_make_it_younger()
    {
        var attempt = new TaskCompletionSource<bool>();
        var following = _queue.FollowAsync(attempt.Task, New());
        Assert.True(_queue.IsCaughtUp(LagMax));
        _time.Advance(TimeSpan.FromMilliseconds(900));
        attempt.SetResult(false);
        await following;
        Assert.False(_queue.IsEmpty);
        Assert.True(_queue.IsCaughtUp(LagMax));
        _time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.False(_queue.IsCaughtUp(LagMax));
    }

    [Fact]
    public void a_look_into_the_spool_is_waited_for_whatever_its_age()
    {
        _queue.RequestScan();
        Assert.False(_queue.IsCaughtUp(LagMax));
        Assert.True(_queue.TakeScan());
        _queue.EndScan(done: false);
        Assert.False(_queue.IsCaughtUp(LagMax));
        Assert.True(_queue.TakeScan());
        _queue.EndScan(done: true);
        Assert.True(_queue.IsCaughtUp(LagMax));
    }

    private Delivery Added()
    {
        var delivery = New();
        _queue.Add(delivery);
        return delivery;
    }

    private Delivery New() => new([_rows.Message("hello")], ["p"], _ => { });
}
