namespace Holdfast;

/// <summary>Somebody stopped all writes (<c>holdfast freeze on</c>); nothing was written.</summary>
public sealed class WritesFrozenException : HoldfastException
{
    internal WritesFrozenException(DateTimeOffset since, string by)
        : base($"All writes are frozen since {since:u} by {by}. Nothing was written; 'holdfast freeze off' resumes them.") { }
}
