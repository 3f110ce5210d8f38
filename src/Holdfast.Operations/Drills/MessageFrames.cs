using System.Buffers.Binary;

namespace Holdfast.Operations.Drills;

/// <summary>Finds the messages in one direction of PostgreSQL's protocol, however the network has cut them into pieces.</summary>
internal sealed class MessageFrames
{
    // The server's own bound for a startup message; a TLS handshake looks like a much longer one.
    private const int StartupBytesMax = 10_000;

    // Statements are looked at, not kept: their beginning tells them apart.
    private const int BodyBytesKept = 16 * 1024;

    private readonly byte[] _header = new byte[5];
    private readonly MemoryStream _body = new();
    private int _headerCount;
    private int _remaining = -1;

    /// <summary>True while messages have no type: those before and with the startup message.</summary>
    public bool IsStartup { get; set; }

    /// <summary>True: it is encrypted, or no PostgreSQL; nothing more is found.</summary>
    public bool IsOpaque { get; private set; }

    /// <summary>The beginning of the message that was found last.</summary>
    public ReadOnlySpan<byte> Body => _body.GetBuffer().AsSpan(0, (int)_body.Length);

    /// <summary>Goes on to the end of a message; false: the bytes end before it does.</summary>
    public bool Next(ref ReadOnlySpan<byte> bytes, out char type)
    {
        type = '\0';
        while (!bytes.IsEmpty && !IsOpaque)
        {
            if (_remaining < 0)
            {
                _header[_headerCount++] = bytes[0];
                bytes = bytes[1..];
                if (_headerCount < (IsStartup ? 4 : 5)) continue;
                _remaining = BinaryPrimitives.ReadInt32BigEndian(_header.AsSpan(_headerCount - 4)) - 4;
                IsOpaque = _remaining < 0 || (IsStartup && _remaining > StartupBytesMax);
                _headerCount = 0;
                _body.SetLength(0);
                if (IsOpaque) return false;
            }
            var part = bytes[..Math.Min(_remaining, bytes.Length)];
            _body.Write(part[..(int)Math.Min(part.Length, BodyBytesKept - _body.Length)]);
            _remaining -= part.Length;
            bytes = bytes[part.Length..];
            if (_remaining > 0) return false;
            _remaining = -1;
            type = IsStartup ? '\0' : (char)_header[0];
            return true;
        }
        return false;
    }
}
