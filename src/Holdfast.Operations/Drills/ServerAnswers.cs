namespace Holdfast.Operations.Drills;

/// <summary>Counts what a server has answered in full, and keeps answers back from the moment that somebody wants one lost.</summary>
internal sealed class ServerAnswers(ClientRequests requests)
{
    private readonly MessageFrames _frames = new();
    private readonly TaskCompletionSource _answered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _awaited = int.MaxValue;
    private int _encryptionAnswers;
    private int _count;

    /// <summary>True: nothing that the server says reaches the client any more.</summary>
    public bool AreHeld => Volatile.Read(ref _awaited) != int.MaxValue;

    /// <summary>Holds answers from now on. Call before the request goes out; then await what is returned: the server has answered it, or has gone.</summary>
    public Task HoldUntilAnswered(int request)
    {
        Volatile.Write(ref _awaited, request);
        return _answered.Task;
    }

    public void Read(ReadOnlySpan<byte> bytes)
    {
        while (_encryptionAnswers < requests.EncryptionRequests && !bytes.IsEmpty)
        {
            _encryptionAnswers++;
            bytes = bytes[1..];
        }
        if (requests.IsOpaque) return;
        while (_frames.Next(ref bytes, out var type))
            if (type == 'Z') _count++;
        if (_count >= Volatile.Read(ref _awaited)) _answered.TrySetResult();
    }

    /// <summary>The server has gone: no answer will come.</summary>
    public void End() => _answered.TrySetResult();
}
