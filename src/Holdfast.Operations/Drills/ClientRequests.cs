using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Operations.Drills;

/// <summary>What a client asks its server: requests that end with a Query or a Sync, and are answered by one ReadyForQuery each.</summary>
internal sealed class ClientRequests
{
    private const int TlsRequest = 80877103;
    private const int GssRequest = 80877104;

    private readonly MessageFrames _frames = new() { IsStartup = true };
    private readonly Dictionary<string, string> _prepared = [];
    private readonly List<string> _statements = [];

    /// <summary>Requests so far, the startup among them.</summary>
    public int Count { get; private set; }

    /// <summary>Questions for encryption so far, which are answered by one byte each.</summary>
    public int EncryptionRequests { get; private set; }

    /// <summary>True: encrypted, so that no request is found.</summary>
    public bool IsOpaque => _frames.IsOpaque;

    /// <summary>Where the first request ends that the cut concerns; -1: there is none in these bytes.</summary>
    public int Read(ReadOnlySpan<byte> bytes, FaultCut? cut)
    {
        var rest = bytes;
        while (_frames.Next(ref rest, out var type))
        {
            if (!Take(type)) continue;
            Count++;
            if (type != '\0' && cut?.TryTake(_statements) == true) return bytes.Length - rest.Length;
            _statements.Clear();
        }
        return -1;
    }

    // True: a request ends with this message.
    private bool Take(char type)
    {
        var body = _frames.Body;
        switch (type)
        {
            case '\0' when BinaryPrimitives.ReadInt32BigEndian(body) is TlsRequest or GssRequest:
                EncryptionRequests++;
                return false;
            case '\0':
                _frames.IsStartup = false;
                return true;
            case 'Q':
                _statements.Add(Text(ref body));
                return true;
            case 'P':
                var name = Text(ref body);
                _statements.Add(_prepared[name] = Text(ref body));
                return false;
            case 'B':
                Text(ref body);
                _statements.Add(_prepared.GetValueOrDefault(Text(ref body), ""));
                return false;
            default:
                return type is 'S' or 'F';
        }
    }

    // Texts end with a zero byte.
    private static string Text(ref ReadOnlySpan<byte> body)
    {
        var end = body.IndexOf((byte)0) is var zero and >= 0 ? zero : body.Length;
        var text = Encoding.UTF8.GetString(body[..end]);
        body = body[Math.Min(end + 1, body.Length)..];
        return text;
    }
}
