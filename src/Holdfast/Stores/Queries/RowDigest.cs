using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>A row's key within its table: the id of an append row in its text form, or a register's key.</summary>
internal readonly record struct RowKey(string TenantId, string Key);

/// <summary>A row as it stands in a store, with its hash.</summary>
internal readonly record struct RowDigest(RowKey Key, Stamp Stamp, long Hash);

/// <summary>Rows of one bucket, or of a part of one.</summary>
/// <param name="IsSettled">True for rows whose transactions ended before the run began.</param>
/// <param name="Bucket">The first bytes of their stamps as a number; null: rows that were only counted.</param>
/// <param name="Rows">How many.</param>
/// <param name="Hash">Their hashes, joined so that their order does not matter.</param>
internal readonly record struct DigestPart(bool IsSettled, long? Bucket, long Rows, long Hash);

/// <summary>A server between two starts.</summary>
/// <param name="Horizon">Every transaction below has ended.</param>
/// <param name="Next">No transaction at or above has begun.</param>
/// <param name="StartedAt">When the server was started, in microseconds since the Unix epoch.</param>
/// <param name="Database">The database.</param>
internal readonly record struct ServerRun(ulong Horizon, ulong Next, long StartedAt, string Database);
