using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Rows;

namespace Holdfast;

/// <summary>A source that waits to be read: the payload of <see cref="JobKind.ResearchStaging"/>.</summary>
/// <param name="SourceUrl">Where it is.</param>
/// <param name="SourceType">What it is: <c>web</c>, <c>youtube</c>, <c>pdf</c>, <c>manual</c> or a word of your own.</param>
/// <param name="RawContent">What was read of it so far, if anything.</param>
/// <param name="ContentHash">Tells equal contents; a good <see cref="JobOptions.Key"/>.</param>
public sealed record ResearchItem(string SourceUrl, string SourceType, string? RawContent = null, string? ContentHash = null);

/// <summary>A script that waits to be produced: the payload of <see cref="JobKind.VideoScripts"/>.</summary>
/// <param name="Title">The video's title.</param>
/// <param name="MainContent">The script.</param>
public sealed record VideoScript(string Title, string MainContent)
{
    /// <summary>The script's id in the caller's books; a good <see cref="JobOptions.Key"/>.</summary>
    public string? ScriptId { get; init; }

    /// <summary>What the viewer hears first.</summary>
    public string? Hook { get; init; }

    /// <summary>What the viewer hears last.</summary>
    public string? Recap { get; init; }

    /// <summary>The knowledge atoms that it was made from.</summary>
    public IReadOnlyList<string>? AtomIds { get; init; }

    /// <summary>Where its statements come from.</summary>
    public IReadOnlyList<string>? Citations { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string>? Keywords { get; init; }

    /// <summary>How much a viewer has to know.</summary>
    public Difficulty? TargetDifficulty { get; init; }

    /// <summary>How long it will be, in seconds.</summary>
    public int? EstimatedDurationSeconds { get; init; }
}

/// <summary>A video that waits to be uploaded: the payload of <see cref="JobKind.UploadJobs"/>.</summary>
/// <param name="VideoPath">Where the file is.</param>
/// <param name="Title">Its title where it will be shown.</param>
public sealed record UploadJob(string VideoPath, string Title)
{
    /// <summary>The script that it was made from.</summary>
    public string? ScriptId { get; init; }

    /// <summary>Its description where it will be shown.</summary>
    public string? Description { get; init; }

    /// <summary>Words to find it by.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Where its still picture is.</summary>
    public string? ThumbnailPath { get; init; }
}

/// <summary>Between the payloads of the three queues and JSON.</summary>
internal static class JobPayload
{
    public static JsonElement Of<T>(T payload, JsonTypeInfo<T> type)
    {
        ArgumentNullException.ThrowIfNull(payload);
        return JsonSerializer.SerializeToElement(payload, type);
    }

    public static T Read<T>(JobEntry job, JobKind kind, JsonTypeInfo<T> type) where T : class
    {
        if (job.Kind != kind) throw new HoldfastException($"Job {job.Id} is in {EnumText<JobKind>.Of(job.Kind)}, not in {EnumText<JobKind>.Of(kind)}.");
        try
        {
            return JsonSerializer.Deserialize(job.PayloadJson, type) ?? throw new HoldfastException($"Job {job.Id}: its payload is null and no {typeof(T).Name}.");
        }
        catch (JsonException e)
        {
            throw new HoldfastException($"Job {job.Id}: its payload is no {typeof(T).Name} ({e.Message}). Read it as JSON.", e);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectRequiredConstructorParameters = true, RespectNullableAnnotations = true, Converters = [typeof(CheckedText), typeof(DifficultyText)])]
[JsonSerializable(typeof(ResearchItem))]
[JsonSerializable(typeof(VideoScript))]
[JsonSerializable(typeof(UploadJob))]
internal sealed partial class JobPayloadJson : JsonSerializerContext;

/// <summary>Refuses a text that is no Unicode: the serializer would put U+FFFD in the place of an unpaired surrogate.</summary>
internal sealed class CheckedText : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) =>
        writer.WriteStringValue(Check.Text("payload", value, Limits.JsonBytesMax));
}

/// <summary>Spells a difficulty as stores do.</summary>
internal sealed class DifficultyText : JsonConverter<Difficulty>
{
    public override Difficulty Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        EnumText<Difficulty>.TryParse(reader.GetString(), out var value) ? value : throw new JsonException($"is none of {string.Join(", ", EnumText<Difficulty>.All)}");

    public override void Write(Utf8JsonWriter writer, Difficulty value, JsonSerializerOptions options) => writer.WriteStringValue(EnumText<Difficulty>.Of(value));
}
