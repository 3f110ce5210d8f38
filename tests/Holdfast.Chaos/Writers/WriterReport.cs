using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Chaos.Writers;

/// <summary>What a writer says of itself.</summary>
internal enum Said
{
    /// <summary>Its memory is open.</summary>
    Ready,
    /// <summary>It is about to write.</summary>
    Invoke,
    /// <summary>The write was acknowledged.</summary>
    Ok,
    /// <summary>The write was refused before anything of it was kept.</summary>
    Fail,
    /// <summary>Whether the write went in is not known.</summary>
    Info,
    /// <summary>It has read up to a stamp of a session.</summary>
    Saw,
    /// <summary>It did not find what it had written itself.</summary>
    Missed,
    /// <summary>No write of it is under way.</summary>
    Paused,
    /// <summary>It has closed its memory.</summary>
    Bye,
}

/// <summary>One line of a writer's report.</summary>
internal sealed record WriterReport(Said Said)
{
    private static readonly JsonSerializerOptions Json = new()
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, Converters = { new JsonStringEnumConverter() },
    };

    /// <summary>Which write of this life it is about.</summary>
    public int Number { get; init; }

    public WriteKind Kind { get; init; }

    public WriteConcern Concern { get; init; }

    public string? Session { get; init; }

    public string? Key { get; init; }

    /// <summary>What is written; no other write has it but a retry of this one.</summary>
    public string? Text { get; init; }

    public Guid Id { get; init; }

    public Guid Stamp { get; init; }

    public string? Detail { get; init; }

    public double Milliseconds { get; init; }

    public string ToLine() => JsonSerializer.Serialize(this, Json);

    public static WriterReport FromLine(string line) => JsonSerializer.Deserialize<WriterReport>(line, Json)!;
}

/// <summary>What kind of write it is.</summary>
internal enum WriteKind
{
    /// <summary>A message without a key.</summary>
    Append,
    /// <summary>A message with a key; another writer may use the same.</summary>
    Keyed,
    /// <summary>A session's title, whatever it was.</summary>
    Title,
    /// <summary>A session's title, if nobody changed it.</summary>
    TitleIf,
    /// <summary>A message that no store may take.</summary>
    Invalid,
}
