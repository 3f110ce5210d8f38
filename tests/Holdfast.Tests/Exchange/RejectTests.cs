using System.Text;
using Holdfast.Exchange;
using Holdfast.Tests.Stores;
using Xunit;
using static Holdfast.Tests.Exchange.ExchangeTest;

namespace Holdfast.Tests.Exchange;

public sealed class RejectTests
{
    public static TheoryData<string, string?> BadLines => new()
    {
        { "not json", null },
        { "{\"role\":\"user\",\"content\":\"cut", null },
        { "42", null },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\"} trailing", null },
        { "{\"session_id\":\"s\",\"role\":\"user\"}", "content" },
        { "{\"session_id\":\"s\",\"content\":\"x\"}", "role" },
        { "{\"session_id\":\"s\",\"role\":\"robot\",\"content\":\"x\"}", "role" },
        { "{\"session_id\":\"s\",\"role\":7,\"content\":\"x\"}", "role" },
        { "{\"session_id\":\"s\",\"memory_type\":\"thought\",\"content\":\"x\"}", "memory_type" },
        { "{\"role\":\"user\",\"content\":\"x\"}", "session_id" },
        { "{\"session_id\":\"\",\"role\":\"user\",\"content\":\"x\"}", "session_id" },
        { "{\"session_id\":{},\"role\":\"user\",\"content\":\"x\"}", "session_id" },
        { "{\"session_id\":\"s\",\"user_id\":1,\"role\":\"user\",\"content\":\"x\"}", "user_id" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"author\":[]}", "author" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"id\":5}", "id" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"id\":\"\"}", "key" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"created_at\":\"yesterday\"}", "created_at" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"created_at\":\"2026-02-30T00:00:00Z\"}", "created_at" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"created_at\":\"0001-01-01T00:00:00Z\"}", "created_at" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"created_at\":1767225600}", "created_at" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"stamp\":\"17\"}", "stamp" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"row_id\":\"17\"}", "row_id" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"a\\u0000b\"}", "content" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"a\\ud800b\"}", "content" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":{\"a\\u0000\":1}}", "content" },
        { "{\"session_id\":\"s\\ud800\",\"role\":\"user\",\"content\":\"x\"}", "session_id" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"metadata\":\"\\u0000\"}", "metadata" },
        { "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"a\\ud800\":1}", null },
        { $"{{\"session_id\":\"s\",\"role\":\"user\",\"content\":{new string('[', 65)}{new string(']', 65)}}}", "content" },
        { $"{{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"x\",\"metadata\":{new string('[', 5000)}{new string(']', 5000)}}}", "metadata" },
        { $"{{\"session_id\":\"{new string('s', 10_000)}\",\"role\":\"user\",\"content\":\"x\"}}", "session_id" },
        { $"{{\"session_id\":\"s\",\"role\":\"user\",\"content\":\"{new string('x', 17 * 1024 * 1024)}\"}}", "content" },
        { "{\"messages\":7,\"session_id\":\"s\"}", "messages" },
    };

    [Theory]
    [MemberData(nameof(BadLines), DisableDiscoveryEnumeration = true)]
    public async Task a_bad_line_is_reported_with_file_line_and_field_and_copied_and_its_neighbours_go_in(string bad, string? field)
    {
        await using var memory = await EmptyAsync(Place.LocalFile);
        using var rejects = new MemoryStream();
        var told = new List<ImportReject>();

        var result = await ImportAsync(memory, Lines(Message("s", "before"), bad, Message("s", "after")),
            new ImportOptions { FileName = "chat.jsonl", Rejects = rejects, Rejected = new Immediate<ImportReject>(told.Add) });

        Assert.Equal((3, 2, 1), (result.Lines, result.Imported, result.Rejected));
        var reject = Assert.Single(result.Rejects);
        Assert.Equal(("chat.jsonl", 2, field), (reject.FileName, reject.Line, reject.Field));
        Assert.StartsWith(field is null ? "chat.jsonl:2: " : $"chat.jsonl:2: {field}: ", reject.ToString(), StringComparison.Ordinal);
        Assert.Equal([reject], told);
        Assert.Equal(bad + "\n", Encoding.UTF8.GetString(rejects.ToArray()));
        Assert.Equal(["before", "after"], await TextsAsync(memory, "s"));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task many_bad_lines_between_good_ones_are_numbered_and_no_good_one_is_missing(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var lines = Enumerable.Range(1, 12_000).Select(i => i % 100 == 0 ? $"bad {i}" : Message("s", $"{i}", "2026-01-01T00:00:00Z"));

        var told = new List<long>();
        var result = await ImportAsync(memory, Lines(lines), new ImportOptions { Rejected = new Immediate<ImportReject>(reject => told.Add(reject.Line)) });

        Assert.Equal((12_000, 11_880, 120, 100), (result.Lines, result.Imported, result.Rejected, result.Rejects.Count));
        Assert.Equal(Enumerable.Range(1, 120).Select(i => i * 100L), told);
        Assert.Equal(Enumerable.Range(1, 12_000).Where(i => i % 100 != 0).Select(i => $"{i}"), await TextsAsync(memory, "s"));
    }

    [Fact]
    public async Task bytes_that_are_no_utf8_are_rejected_and_copied_as_they_are()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);
        byte[] bad = [.. "{\"session_id\":\"s\",\"role\":\"user\",\"content\":\""u8, 0xC3, 0x28, .. "\"}"u8];
        using var rejects = new MemoryStream();

        var result = await ImportAsync(memory, [.. bad, (byte)'\n', .. Encoding.UTF8.GetBytes(Message("s", "good"))], new ImportOptions { Rejects = rejects });

        Assert.Equal((1, 1), (result.Imported, result.Rejected));
        Assert.Equal([.. bad, (byte)'\n'], rejects.ToArray());
    }

    [Fact]
    public async Task a_line_that_is_too_long_is_rejected_and_copied_as_it_is()
    {
        await using var memory = await EmptyAsync(Place.LocalFile);
        using var source = new Giant(Encoding.UTF8.GetBytes(Message("s", "before") + "\n"), 100L * 1024 * 1024, Encoding.UTF8.GetBytes("\n" + Message("s", "after")));
        using var rejects = new Counting();

        var result = await new MemoryImport(memory, new ImportOptions { Rejects = rejects }).ReadAsync(source);

        Assert.Equal((2, 1, 2L), (result.Imported, result.Rejected, Assert.Single(result.Rejects).Line));
        Assert.Equal(100L * 1024 * 1024 + 1, rejects.Bytes);
        Assert.Equal(["before", "after"], await TextsAsync(memory, "s"));
    }

    [Fact]
    public async Task a_line_that_is_too_long_is_never_held_as_a_whole()
    {
        using var source = new Giant([], 400L * 1024 * 1024, "\nx"u8.ToArray());
        var lines = new LineReader(source, 1024 * 1024);
        // Nothing here waits, so all of it happens on this thread, whose allocations are its own.
        var before = GC.GetAllocatedBytesForCurrentThread();

        while (!lines.IsTooLong && await lines.FillAsync(CancellationToken.None)) Assert.False(lines.TryNext());
        var length = await lines.SkipAsync(null, CancellationToken.None);

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 16 * 1024 * 1024);
        Assert.Equal(400L * 1024 * 1024, length);
        while (!lines.TryNext()) await lines.FillAsync(CancellationToken.None);
        Assert.Equal(("x", 2), (Encoding.UTF8.GetString(lines.Line.Span), lines.Number));
    }

    [Theory]
    [InlineData(Place.LocalFile)]
    [InlineData(Place.Postgres)]
    public async Task a_content_of_16_mebibytes_goes_in_and_comes_out(Place place)
    {
        await using var memory = await EmptyAsync(place);
        var text = new string('x', 16 * 1024 * 1024 - 2);

        var result = await ImportAsync(memory, Lines(Message("s", text)));

        Assert.Equal(1, result.Imported);
        Assert.Equal([text], await TextsAsync(memory, "s"));
    }

    /// <summary>A head, a line of many bytes that are nowhere held, and a tail.</summary>
    private sealed class Giant(byte[] head, long middle, byte[] tail) : Stream
    {
        private long _position;

        public override int Read(Span<byte> buffer)
        {
            var count = (int)Math.Min(buffer.Length, head.Length + middle + tail.Length - _position);
            for (var i = 0; i < count; i++, _position++)
                buffer[i] = _position < head.Length ? head[_position] : _position < head.Length + middle ? (byte)'x' : tail[_position - head.Length - middle];
            return count;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(Read(buffer.Span));
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();
        public override long Position { get => _position; set => throw new NotSupportedException(); }
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }

    /// <summary>Counts what is written and keeps none of it.</summary>
    private sealed class Counting : MemoryStream
    {
        public long Bytes { get; private set; }

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Bytes += buffer.Length;
            return ValueTask.CompletedTask;
        }
    }
}
