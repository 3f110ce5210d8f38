using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Rows;

namespace Holdfast;

/// <summary>
/// Writes strings as they are or not at all. The serializer's own converter puts U+FFFD where half of a surrogate pair is
/// missing: what came back would not be what was given.
/// </summary>
internal sealed class StrictTextConverter : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override string ReadAsPropertyName(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString()!;

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(Checked(value));

    public override void WriteAsPropertyName(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WritePropertyName(Checked(value));

    // The field is not known here; the caller puts it in front of the message.
    private static string Checked(string value) => Check.Problem(value) is { } problem ? throw new BrokenTextException(problem) : value;

    /// <summary>A text that no store keeps unchanged.</summary>
    public sealed class BrokenTextException(string message) : Exception(message);
}
