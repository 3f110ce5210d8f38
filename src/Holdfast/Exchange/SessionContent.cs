using System.Globalization;
using System.Text;
using System.Text.Json;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Title, metadata and start of a session: between the register's content and the form that JSONL has for it.</summary>
internal static class SessionContent
{
    /// <summary>As JSONL has it: the start is a time, not a number.</summary>
    public static string Write(SessionInfo session) => JsonContent.Object(
        ("title", JsonContent.OfText("title", session.Title)),
        ("metadata", JsonContent.Of("metadata", session.Metadata)),
        ("started_at", JsonText.Quote(Rfc3339.Of(session.StartedAt))));

    /// <summary>
    /// The register's content; null when it is something else: a record of the older systems, which stays a record.
    /// </summary>
    public static string? Read(string content)
    {
        using var document = JsonDocument.Parse(content);
        if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
        string? title = null, metadata = null, started = null;
        foreach (var member in document.RootElement.EnumerateObject())
        {
            switch (member.Name)
            {
                case "title" when member.Value.ValueKind == JsonValueKind.String: title = JsonContent.OfText("title", Check.Text("title", member.Value.GetString())); break;
                case "metadata": metadata = member.Value.GetRawText(); break;
                case "started_at" when member.Value.ValueKind == JsonValueKind.String && Rfc3339.TryParse(Encoding.UTF8.GetBytes(member.Value.GetString()!), out var time):
                    started = Timestamps.ToUnixMicroseconds(Check.Time("started_at", time)).ToString(CultureInfo.InvariantCulture);
                    break;
                default: return null;
            }
        }
        return JsonContent.Object(("started_at", started), ("title", title), ("metadata", metadata));
    }
}
