using Holdfast.Rows;
using Npgsql;
using Xunit;
using Holdfast.Tests.Stores;

namespace Holdfast.Tests.Rows;

public sealed class StampTests
{
    private static IReadOnlyList<Stamp> Samples()
    {
        var random = new Random(7);
        var stamps = Enumerable.Range(0, 500).Select(_ => Stamp.FromPacked(random.NextInt64(0, 1L << 60), (ulong)random.NextInt64())).ToList();
        // Neighbours: equal milliseconds, equal counters, and both ends.
        stamps.AddRange(stamps.Take(50).Select(stamp => Stamp.FromPacked(stamp.Packed + 1, 0)).ToList());
        stamps.AddRange(stamps.Take(50).Select(stamp => Stamp.FromPacked(stamp.Packed, ulong.MaxValue)).ToList());
        stamps.Add(Stamp.FromPacked(0, 0));
        stamps.Add(Stamp.FromPacked((1L << 60) - 1, ulong.MaxValue));
        return [.. stamps.Distinct()];
    }

    private static byte[] Bytes(Stamp stamp) => stamp.Value.ToByteArray(bigEndian: true);

    [Fact]
    public void a_stamp_is_a_uuid_of_version_7_with_milliseconds_counter_and_tail()
    {
        var stamp = Stamp.FromPacked((0x0123_4567_89AB << 12) | 0xCDE, 0xFFFF_FFFF_FFFF_FFFF);
        Assert.Equal("01234567-89ab-7cde-bfff-ffffffffffff", stamp.ToString());
        Assert.Equal((7, 0xB), (stamp.Value.Version, stamp.Value.Variant));
        Assert.Equal(0x0123_4567_89AB, stamp.Millisecond);
    }

    [Fact]
    public void every_stamp_gives_back_the_reading_that_it_was_made_of() =>
        Assert.All(Samples(), stamp =>
        {
            Assert.Equal(7, stamp.Value.Version);
            Assert.InRange(stamp.Value.Variant, 0x8, 0xB);
            Assert.Equal(stamp.Packed, Stamp.FromPacked(stamp.Packed, 5).Packed);
        });

    [Fact]
    public void stamps_compare_as_their_bytes_do()
    {
        var samples = Samples();
        var byBytes = samples.ToList();
        byBytes.Sort((a, b) => Bytes(a).AsSpan().SequenceCompareTo(Bytes(b)));
        Assert.Equal(byBytes, samples.Order());
        foreach (var (lower, higher) in byBytes.Zip(byBytes.Skip(1)))
        {
            Assert.True(lower < higher && lower <= higher && higher > lower && higher >= lower);
            Assert.Equal(higher, Stamp.Max(lower, higher));
            Assert.Equal(higher, Stamp.Max(higher, lower));
        }
    }

    [Fact]
    public async Task stamps_compare_as_postgresql_compares_uuids()
    {
        var samples = Samples();
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.Postgres));
        await using var command = source.CreateCommand("select array(select u from unnest($1::uuid[]) u order by u)");
        command.Parameters.Add(new NpgsqlParameter { Value = samples.Select(stamp => stamp.Value).ToArray() });
        Assert.Equal(samples.Order().Select(stamp => stamp.Value), (Guid[])(await command.ExecuteScalarAsync())!);
    }

    [Fact]
    public void none_is_below_every_stamp() => Assert.All(Samples(), stamp => Assert.True(Stamp.None < stamp));

    [Fact]
    public void a_stamp_reads_from_its_text()
    {
        var stamp = Samples()[0];
        Assert.True(Stamp.TryParse(stamp.ToString(), out var parsed));
        Assert.Equal(stamp, parsed);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("now")]
    [InlineData("01234567-89ab-4cde-bfff-ffffffffffff")]
    [InlineData("0123456789ab7cdebfffffffffffffff")]
    public void a_text_that_is_no_stamp_is_not_read(string? text) => Assert.False(Stamp.TryParse(text, out _));
}
