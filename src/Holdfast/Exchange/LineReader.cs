namespace Holdfast.Exchange;

/// <summary>
/// Lines of a stream as bytes, without copying them: a line is valid until the next one is asked for. A line beyond the limit
/// is passed on in pieces and never held as a whole.
/// </summary>
internal sealed class LineReader(Stream source, int lineBytesMax)
{
    private const int BufferBytes = 256 * 1024;

    private byte[] _buffer = new byte[BufferBytes];
    private int _start;
    private int _end;
    private int _scanned;
    private bool _atEnd;

    /// <summary>The line without its end, a byte order mark, and white space around it.</summary>
    public ReadOnlyMemory<byte> Line { get; private set; }

    /// <summary>Its number, from 1.</summary>
    public long Number { get; private set; }

    /// <summary>Bytes of the source that are behind the current line.</summary>
    public long Bytes { get; private set; }

    /// <summary>What is in the buffer and not yet a line: for a look at the source before the first line.</summary>
    public ReadOnlyMemory<byte> Ahead => _buffer.AsMemory(_start, _end - _start);

    /// <summary>True when what was read of the next line is beyond the limit: then <see cref="SkipAsync"/> goes on behind it.</summary>
    public bool IsTooLong => _end - _start > lineBytesMax;

    /// <summary>The next line, if the buffer holds one.</summary>
    public bool TryNext()
    {
        var found = _buffer.AsSpan(_scanned, _end - _scanned).IndexOf((byte)'\n');
        if (found < 0)
        {
            _scanned = _end;
            if (!_atEnd || _start == _end) return false;
            Take(_end - _start, 0);
            return true;
        }
        Take(_scanned + found - _start, 1);
        return true;
    }

    /// <summary>Reads on; false at the end of the source. To be called when <see cref="TryNext"/> has none.</summary>
    public async ValueTask<bool> FillAsync(CancellationToken cancellationToken)
    {
        if (_atEnd) return false;
        MakeRoom();
        var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        _end += read;
        _atEnd = read == 0;
        return read > 0 || _end > _start;
    }

    /// <summary>Goes behind a line that is too long, handing its bytes to <paramref name="sink"/>; its length.</summary>
    public async ValueTask<long> SkipAsync(Stream? sink, CancellationToken cancellationToken)
    {
        var length = 0L;
        Number++;
        while (true)
        {
            var ahead = _buffer.AsMemory(_start, _end - _start);
            var found = ahead.Span.IndexOf((byte)'\n');
            var piece = found < 0 ? ahead : ahead[..found];
            if (sink is not null) await sink.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
            length += piece.Length;
            Move(piece.Length + (found < 0 ? 0 : 1));
            if (found >= 0 || _atEnd) return length;
            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The whole rest, from before the first line; null when it has more than <paramref name="bytesMax"/>.</summary>
    public async ValueTask<ReadOnlyMemory<byte>?> RestAsync(int bytesMax, CancellationToken cancellationToken)
    {
        while (!_atEnd)
        {
            if (_end - _start > bytesMax) return null;
            MakeRoom();
            var read = await source.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
            _end += read;
            _atEnd = read == 0;
        }
        return Ahead.Length > bytesMax ? null : Ahead;
    }

    /// <summary>Takes what <see cref="RestAsync"/> gave as one line.</summary>
    public void TakeRest() => Take(_end - _start, 0);

    private void Take(int length, int ending)
    {
        ReadOnlyMemory<byte> line = _buffer.AsMemory(_start, length);
        if (line.Span.StartsWith("\uFEFF"u8)) line = line[3..];
        Line = line.Trim(" \t\r\n"u8);
        Number++;
        Move(length + ending);
    }

    private void Move(int bytes)
    {
        _start += bytes;
        _scanned = _start;
        Bytes += bytes;
    }

    private void MakeRoom()
    {
        var kept = _end - _start;
        if (kept == 0 && _buffer.Length > 16 * BufferBytes)
        {
            // A huge line is behind us: its buffer need not stay.
            _buffer = new byte[BufferBytes];
        }
        else if (kept > _buffer.Length / 2)
        {
            var larger = new byte[_buffer.Length * 2];
            _buffer.AsSpan(_start, kept).CopyTo(larger);
            _buffer = larger;
        }
        else if (_start > 0)
        {
            _buffer.AsSpan(_start, kept).CopyTo(_buffer);
        }
        _scanned -= _start;
        _end = kept;
        _start = 0;
        if (_scanned < 0) _scanned = 0;
    }
}
