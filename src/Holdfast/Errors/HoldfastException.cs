namespace Holdfast;

/// <summary>
/// Something a caller must not overlook. The message names the fact, the values and the next step.
/// </summary>
public class HoldfastException : Exception
{
    /// <summary>Makes the error of a fact.</summary>
    public HoldfastException(string message, Exception? inner = null) : base(message, inner) { }
}

/// <summary>Input that no store can keep unchanged; refused before any I/O, so nothing of it was written.</summary>
/// <param name="field">The field that was refused.</param>
/// <param name="problem">What is wrong with it: the limit and the value's size.</param>
public sealed class InvalidInputException(string field, string problem) : HoldfastException($"{field}: {problem}")
{
    /// <summary>The field that was refused, as stores and JSONL name it.</summary>
    public string Field { get; } = field;
}

/// <summary>A store that does not answer, or not with what is needed: what failed is not known to be absent.</summary>
public sealed class StoreUnavailableException(string message, Exception? inner = null) : HoldfastException(message, inner);

/// <summary>A store whose schema is missing or older than this program needs.</summary>
public sealed class SchemaException(string message, Exception? inner = null) : HoldfastException(message, inner);
