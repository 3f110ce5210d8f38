namespace Holdfast.Operations.Schema.Sessions;

/// <summary>What was read back after a change is not what the change was to bring about.</summary>
public sealed class SchemaVerificationException : HoldfastException
{
    internal SchemaVerificationException(string message, Exception? inner = null) : base(message, inner) { }
}
