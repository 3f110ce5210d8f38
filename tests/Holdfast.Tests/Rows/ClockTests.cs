using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Rows;

public sealed class ClockTests
{
    private readonly ManualTime _time = new();

    private Stamp At(TimeSpan ahead) => Stamp.FromPacked((_time.Now + ahead).ToUnixTimeMilliseconds() << Stamp.CounterBits, 0);

    [Fact]
    public async Task sixteen_threads_get_stamps_that_rise_for_each_and_are_never_the_same()
    {
        var clock = new Clock(_time);
        var perThread = await Task.WhenAll(Enumerable.Range(0, 16).Select(_ => Task.Run(() => Enumerable.Range(0, 5_000).Select(_ => clock.Next()).ToList())));
        Assert.All(perThread, stamps => Assert.Equal(stamps.Order(), stamps));
        Assert.Equal(16 * 5_000, perThread.SelectMany(stamps => stamps).Select(stamp => stamp.Packed).Distinct().Count());
    }

    [Fact]
    public void a_stamp_carries_the_millisecond_of_the_wall_clock() =>
        Assert.Equal(_time.Now.ToUnixTimeMilliseconds(), new Clock(_time).Next().Millisecond);

    [Fact]
    public void more_stamps_than_a_millisecond_has_room_for_go_on_into_the_next()
    {
        var clock = new Clock(_time);
        var stamps = Enumerable.Range(0, 5_000).Select(_ => clock.Next()).ToList();
        Assert.Equal(stamps.Order(), stamps);
        Assert.Equal(_time.Now.ToUnixTimeMilliseconds() + 1, stamps[^1].Millisecond);
    }

    [Fact]
    public void the_clock_moves_past_a_stamp_that_it_reads()
    {
        var clock = new Clock(_time);
        var seen = At(TimeSpan.FromSeconds(30));
        clock.Observe(seen);
        Assert.True(clock.Next() > seen);
        Assert.True(clock.HasPassed(seen));
        Assert.Equal(0, clock.FarAheadCount);
    }

    [Fact]
    public void an_older_stamp_does_not_move_the_clock()
    {
        var clock = new Clock(_time);
        var before = clock.Next();
        clock.Observe(At(TimeSpan.FromHours(-1)));
        Assert.Equal(before.Packed + 1, clock.Next().Packed);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(1, true)]
    public void a_stamp_beyond_the_drift_bound_is_counted_and_not_followed(int millisecondsBeyond, bool isFar)
    {
        var clock = new Clock(_time);
        var seen = At(Clock.DriftMax + TimeSpan.FromMilliseconds(millisecondsBeyond));
        clock.Observe(seen);
        Assert.Equal(isFar ? 1 : 0, clock.FarAheadCount);
        Assert.Equal(!isFar, clock.Next() > seen);
    }

    [Fact]
    public void a_successor_stands_above_its_floor_beyond_the_bound_and_leaves_the_clock_where_it_is()
    {
        var clock = new Clock(_time);
        var floor = At(TimeSpan.FromDays(1));
        var successor = clock.Next(floor);
        Assert.True(successor > floor);
        Assert.True(clock.Next(successor) > successor);
        Assert.Equal(_time.Now.ToUnixTimeMilliseconds(), clock.Next().Millisecond);
    }

    [Fact]
    public void a_floor_within_the_bound_pulls_the_clock_along()
    {
        var clock = new Clock(_time);
        var successor = clock.Next(At(TimeSpan.FromSeconds(10)));
        Assert.True(clock.Next() > successor);
    }

    [Fact]
    public void stamps_do_not_go_back_when_the_wall_clock_does()
    {
        var clock = new Clock(_time);
        var before = clock.Next();
        _time.Advance(TimeSpan.FromHours(-3));
        Assert.True(clock.Next() > before);
    }

    [Fact]
    public void a_correction_moves_stamps_and_now_by_the_difference()
    {
        var clock = new Clock(_time);
        clock.Correct(TimeSpan.FromMinutes(7));
        Assert.Equal(_time.Now + TimeSpan.FromMinutes(7), clock.Now);
        Assert.Equal((_time.Now + TimeSpan.FromMinutes(7)).ToUnixTimeMilliseconds(), clock.Next().Millisecond);
    }

    [Fact]
    public void a_correction_backwards_after_stamps_were_made_does_not_take_them_back()
    {
        var clock = new Clock(_time);
        var before = clock.Next();
        clock.Correct(TimeSpan.FromMinutes(-7));
        Assert.True(clock.Next() > before);
    }

    [Fact]
    public void now_has_the_precision_of_every_store()
    {
        _time.Advance(TimeSpan.FromTicks(7));
        Assert.Equal(0, new Clock(_time).Now.Ticks % TimeSpan.TicksPerMicrosecond);
    }

    [Fact]
    public void an_imported_row_takes_its_own_millisecond_but_stands_above_its_predecessor()
    {
        var first = Clock.Imported(_time.Now, Stamp.None, 1);
        Assert.Equal(_time.Now.ToUnixTimeMilliseconds(), first.Millisecond);
        var earlier = Clock.Imported(_time.Now.AddYears(-1), first, 2);
        Assert.Equal(first.Packed + 1, earlier.Packed);
        Assert.Equal(0, Clock.Imported(DateTimeOffset.MinValue, Stamp.None, 3).Millisecond);
    }
}
