using System.Security.Cryptography;

namespace Holdfast.Relay.Digests;

/// <summary>A digest and the transaction below which all rows are in it and above which none is.</summary>
internal sealed record CachedDigest(ulong Horizon, TableDigest Digest);

/// <summary>
/// Digests of the last run in files, so that only what changed since is hashed. A hint: a file that is missing, damaged, of another place or that
/// cannot be written costs time, nothing else.
/// </summary>
internal sealed class DigestCache(string folder)
{
    private const string Form = "holdfast digest 1";

    public CachedDigest? Read(DigestPlace place)
    {
        try
        {
            return Parse(File.ReadAllBytes(Path.Combine(folder, place.FileName)), place);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Write(DigestPlace place, CachedDigest cached)
    {
        var path = Path.Combine(folder, place.FileName);
        var next = $"{path}.{Environment.ProcessId}";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllBytes(next, Bytes(place, cached));
            File.Move(next, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // A full disk or a foreign folder: the next run hashes everything again.
        }
    }

    private static byte[] Bytes(DigestPlace place, CachedDigest cached)
    {
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer);
        writer.Write(Form);
        writer.Write(place.Mark);
        writer.Write(cached.Horizon);
        writer.Write(cached.Digest.Buckets.Count);
        foreach (var (bucket, digest) in cached.Digest.Buckets)
        {
            writer.Write(bucket);
            writer.Write(digest.Rows);
            writer.Write(digest.Hash);
        }
        writer.Flush();
        writer.Write(SHA256.HashData(buffer.ToArray()));
        writer.Flush();
        return buffer.ToArray();
    }

    private static CachedDigest? Parse(byte[] bytes, DigestPlace place)
    {
        var length = bytes.Length - SHA256.HashSizeInBytes;
        if (length < 0 || !SHA256.HashData(bytes.AsSpan(0, length)).AsSpan().SequenceEqual(bytes.AsSpan(length))) return null;
        using var reader = new BinaryReader(new MemoryStream(bytes, 0, length));
        // The hash was right: from here on it is what was written, perhaps by another version.
        if (reader.ReadString() != Form || reader.ReadString() != place.Mark) return null;
        var (horizon, digest) = (reader.ReadUInt64(), new TableDigest());
        for (var buckets = reader.ReadInt32(); buckets > 0; buckets--) digest.Add(reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        return new CachedDigest(horizon, digest);
    }
}
