using System.Text;
using Holdfast.Exchange;
using Xunit;

namespace Holdfast.Tests.Exchange;

public sealed class Rfc3339Tests
{
    [Theory]
    [InlineData("2026-01-31T08:15:00Z", "2026-01-31T08:15:00.000000Z")]
    [InlineData("2026-01-31t08:15:00.1z", "2026-01-31T08:15:00.100000Z")]
    [InlineData("2026-01-31 08:15:00.1234569", "2026-01-31T08:15:00.123456Z")]
    [InlineData("2026-01-31T00:15:00+01:30", "2026-01-30T22:45:00.000000Z")]
    [InlineData("2026-01-31T08:15:00-0800", "2026-01-31T16:15:00.000000Z")]
    [InlineData("2024-02-29T23:59:59.999999+00", "2024-02-29T23:59:59.999999Z")]
    public void a_time_is_read_to_the_microsecond_whatever_the_machines_zone(string text, string expected)
    {
        Assert.True(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out var time));
        Assert.Equal(expected, Rfc3339.Of(time));
    }

    [Theory]
    [InlineData("")]
    [InlineData("2026-01-31")]
    [InlineData("2026-02-29T00:00:00Z")]
    [InlineData("2026-13-01T00:00:00Z")]
    [InlineData("2026-01-01T24:00:00Z")]
    [InlineData("2026-01-01T00:00:60Z")]
    [InlineData("2026-01-01T00:00:00.Z")]
    [InlineData("2026-01-01T00:00:00ZZ")]
    [InlineData("2026-01-01T00:00:00+1:00")]
    [InlineData("2026-01-01T00:00:00+01:")]
    [InlineData("2026-01-01T00:00:00+-1:00")]
    [InlineData("+026-01-01T00:00:00Z")]
    [InlineData("2026-01-01T00:00:+1Z")]
    [InlineData("0000-01-01T00:00:00Z")]
    [InlineData("0001-01-01T00:00:00+01:00")]
    public void what_is_no_time_is_refused(string text) => Assert.False(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _));
}
