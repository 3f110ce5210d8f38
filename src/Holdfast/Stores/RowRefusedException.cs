namespace Holdfast.Stores;

/// <summary>
/// A store refused a row, or the whole batch that it was in: a CHECK, a missing column, a type. Nothing of the batch was
/// written; writing the rows one by one tells which it was.
/// </summary>
internal sealed class RowRefusedException(string message, Exception inner) : HoldfastException(message, inner);
