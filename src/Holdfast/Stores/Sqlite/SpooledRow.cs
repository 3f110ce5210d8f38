using Holdfast.Rows;

namespace Holdfast.Stores.Sqlite;

/// <summary>An entry of the spool: which row waits, and who holds it already.</summary>
/// <param name="Table">The row's table.</param>
/// <param name="Reference">The row.</param>
/// <param name="Holders">The providers that have confirmed it, each between commas.</param>
/// <param name="SpooledAt">When it came.</param>
internal sealed record SpooledRow(Table Table, RowReference Reference, string Holders, DateTimeOffset SpooledAt);

/// <summary>How much waits in the spool.</summary>
/// <param name="Rows">Rows that too few providers hold.</param>
/// <param name="Oldest">When the oldest of them came; null: none waits.</param>
internal readonly record struct SpoolLoad(long Rows, DateTimeOffset? Oldest);
