using System.Text;

namespace Holdfast.Rows;

/// <summary>
/// JSON strings written as PostgreSQL's <c>to_json</c> writes them, byte for byte: what two engines make of one text must
/// hash the same.
/// </summary>
internal static class JsonText
{
    public static string Quote(string? text)
    {
        if (text is null) return "null";
        var json = new StringBuilder(text.Length + 2);
        json.Append('"');
        foreach (var c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\f' => json.Append("\\f"),
                '\n' => json.Append("\\n"),
                '\r' => json.Append("\\r"),
                '\t' => json.Append("\\t"),
                < ' ' => json.Append($"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }
        return json.Append('"').ToString();
    }
}
