namespace Holdfast;

/// <summary>The local file has reached its disk budget and no provider took the write; nothing was written, nothing was dropped.</summary>
public sealed class SpoolFullException : HoldfastException
{
    internal SpoolFullException(long bytes, long bytesMax, string path)
        : base($"{path} takes {bytes:N0} of {bytesMax:N0} bytes with rows that the providers have not confirmed yet. Bring a provider back ('holdfast provider list'), or raise HOLDFAST_FAILOVER_SPOOL_BYTES_MAX.") { }
}
