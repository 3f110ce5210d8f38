using System.Text.RegularExpressions;
using Holdfast.Rows;
using Xunit;

namespace Holdfast.Tests.Rows;

public sealed class CheckTests
{
    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("🙂 שלום ﷽ \u202e'; drop table sessions; -- %_\\")]
    [InlineData("\u0001\u007f\uffff\ufffd")]
    public void text_that_every_store_keeps_passes_unchanged(string text) => Assert.Same(text, Check.Text("title", text));

    [Theory]
    [InlineData(@"a\u0000b", "title: has the character U+0000 at position 1 of 3")]
    [InlineData(@"\ud800", "title: has an unpaired surrogate (U+D800) at position 0 of 1")]
    [InlineData(@"ab\udc00", "title: has an unpaired surrogate (U+DC00) at position 2 of 3")]
    [InlineData(@"\ud83d\ud83d\ude42", "title: has an unpaired surrogate (U+D83D) at position 0 of 3")]
    [InlineData(@"\ude42\ud83d", "title: has an unpaired surrogate (U+DE42) at position 0 of 2")]
    public void text_that_some_store_would_change_is_refused_with_its_place(string escaped, string message)
    {
        // An attribute is kept as UTF-8, which has no place for half a pair: the escapes are read here.
        var text = Regex.Unescape(escaped);
        var error = Assert.Throws<InvalidInputException>(() => Check.Text("title", text));
        Assert.Equal("title", error.Field);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("user_id", 512, "a", 1)]
    [InlineData("user_id", 512, "é", 2)]
    [InlineData("user_id", 512, "🙂", 4)]
    [InlineData("tenant_id", 128, "x", 1)]
    [InlineData("title", 8192, "ש", 2)]
    public void a_limit_counts_bytes_of_utf8(string field, int limit, string unit, int bytes)
    {
        var fits = string.Concat(Enumerable.Repeat(unit, limit / bytes));
        Assert.Same(fits, Check.Text(field, fits));
        var error = Assert.Throws<InvalidInputException>(() => Check.Text(field, fits + unit));
        Assert.Contains($"{limit + bytes} bytes", error.Message, StringComparison.Ordinal);
        Assert.Contains($"at most {limit}", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void an_id_must_be_there(string? id) => Assert.Throws<InvalidInputException>(() => Check.Id("session_id", id));

    [Fact]
    public void times_are_kept_in_utc_to_the_microsecond_within_what_every_store_holds()
    {
        var time = new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.FromHours(9)).AddTicks(12_345_678);
        Assert.Equal(new DateTimeOffset(2026, 1, 1, 18, 4, 5, TimeSpan.Zero).AddTicks(12_345_670), Check.Time("occurred_at", time));
        Assert.Equal(Timestamps.Min, Check.Time("occurred_at", Timestamps.Min));
        Assert.Equal(Timestamps.Max, Check.Time("occurred_at", Timestamps.Max));
        foreach (var outside in (DateTimeOffset[])[DateTimeOffset.MinValue, DateTimeOffset.MaxValue, Timestamps.Min.AddTicks(-1), Timestamps.Max.AddTicks(1)])
            Assert.Equal("occurred_at", Assert.Throws<InvalidInputException>(() => Check.Time("occurred_at", outside)).Field);
    }

    [Fact]
    public void times_before_1970_come_back_from_microseconds()
    {
        foreach (var time in (DateTimeOffset[])[Timestamps.Min, new DateTimeOffset(1969, 12, 31, 23, 59, 59, TimeSpan.Zero).AddTicks(9_999_990), DateTimeOffset.UnixEpoch, Timestamps.Max])
            Assert.Equal(time, Timestamps.FromUnixMicroseconds(Timestamps.ToUnixMicroseconds(time)));
    }
}
