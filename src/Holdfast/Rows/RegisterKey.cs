namespace Holdfast.Rows;

/// <summary>A register's key of several parts in one text: <c>category/name</c>, with <c>/</c> and <c>\</c> escaped.</summary>
internal static class RegisterKey
{
    public static string Join(params ReadOnlySpan<string> parts)
    {
        var escaped = new string[parts.Length];
        for (var i = 0; i < parts.Length; i++)
            escaped[i] = parts[i].Replace("\\", "\\\\", StringComparison.Ordinal).Replace("/", "\\/", StringComparison.Ordinal);
        return string.Join('/', escaped);
    }
}
