using System.Buffers.Binary;

namespace Holdfast.Stores;

/// <summary>
/// Transactions of a PostgreSQL server from one (included) to another (not included). A row names the transaction that wrote it
/// by the low 32 bits of its number, so a range is asked for on a circle.
/// </summary>
/// <param name="From">The first.</param>
/// <param name="To">The one behind the last.</param>
internal readonly record struct TransactionRange(ulong From, ulong To)
{
    /// <summary>
    /// How far behind its start a range ends that is open to the present. Rows written billions of transactions ago come round to the
    /// same numbers; the shorter the range, the fewer are taken for new, and to take one for new costs time, never correctness.
    /// </summary>
    public const ulong Ahead = 1UL << 28;

    public static TransactionRange Since(ulong from) => new(from, from + Ahead);

    /// <summary>Whether <c>xmin</c> of a row <c>t</c> lies within; the parameters' numbers are the caller's.</summary>
    public static string Contains(int from, int to, int straight) => $"(((xidsend(t.xmin) >= ${from}) <> (xidsend(t.xmin) >= ${to})) = ${straight})";

    /// <summary>The values of the three parameters.</summary>
    public object?[] Parameters => [Bytes(From), Bytes(To), (uint)From < (uint)To];

    private static byte[] Bytes(ulong transaction)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)transaction);
        return bytes;
    }
}
