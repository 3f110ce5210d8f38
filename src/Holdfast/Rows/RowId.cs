using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Rows;

/// <summary>
/// The identity of a row. It is the row's stamp, unless the caller brings a key: then it is a UUIDv8 (RFC 9562 §5.8) from a
/// SHA-256 of tenant, table and key, so that the same key gives the same row on every store.
/// </summary>
internal static class RowId
{
    public static Guid FromKey(string tenantId, string table, params ReadOnlySpan<string> key)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, tenantId);
        Append(hash, table);
        foreach (var part in key) Append(hash, part);
        return FromHash(hash.GetHashAndReset());
    }

    /// <summary>
    /// The id of the record that keeps a row which lost against another of the same key. PostgreSQL computes the same bytes
    /// in the merge statement, so that two stores that see the same loss write the same record.
    /// </summary>
    public static Guid OfConflict(string table, Guid id, Stamp loser)
    {
        Span<byte> ids = stackalloc byte[32];
        id.TryWriteBytes(ids, bigEndian: true, out _);
        loser.Value.TryWriteBytes(ids[16..], bigEndian: true, out _);
        return FromHash(SHA256.HashData([.. Encoding.UTF8.GetBytes(table), .. ids]));
    }

    public static Guid FromHash(ReadOnlySpan<byte> hash)
    {
        Span<byte> bytes = stackalloc byte[16];
        hash[..16].CopyTo(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    // Each part goes in with its length before it: ("a", "bc") and ("ab", "c") must not meet.
    private static void Append(IncrementalHash hash, string part)
    {
        var bytes = Encoding.UTF8.GetBytes(part);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, bytes.Length);
        hash.AppendData(length);
        hash.AppendData(bytes);
    }
}
