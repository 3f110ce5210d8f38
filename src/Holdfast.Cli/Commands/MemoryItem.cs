using System.Globalization;
using System.Text.Json;
using Holdfast.Rows;

namespace Holdfast.Cli.Commands;

/// <summary>A message or record as the command line prints it; the names are those of the JSONL.</summary>
internal sealed record MemoryItem(
    Guid Id, string Stamp, string SessionId, string? UserId, string MemoryType, string? Author, string? Key, string CreatedAt, JsonElement Content, JsonElement? Metadata)
{
    public static MemoryItem Of(SessionMemory memory) => new(
        memory.Id, memory.Stamp.ToString(), memory.SessionId, memory.UserId, EnumText<Holdfast.MemoryType>.Of(memory.Type), memory.Author, memory.Key,
        memory.OccurredAt.ToString("yyyy-MM-ddTHH:mm:ss.ffffffZ", CultureInfo.InvariantCulture), memory.Content, memory.Metadata);

    public static string TimeText(SessionMemory memory) => memory.OccurredAt.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);

    public static string Who(SessionMemory memory) =>
        memory.Author ?? EnumText<Holdfast.MemoryType>.Of(memory.Type).Replace("message_", "", StringComparison.Ordinal);
}
