using System.Text.Json;
using System.Text.Json.Serialization;

namespace Holdfast.Operations.Monitoring;

/// <summary>What a status comes to.</summary>
[JsonConverter(typeof(StatusLevelText))]
internal enum StatusLevel
{
    /// <summary>All is as it should be.</summary>
    Well,
    /// <summary>Writes are taken and nothing is lost, but something is not as it should be.</summary>
    Degraded,
    /// <summary>No provider takes writes.</summary>
    Unreachable,
    /// <summary>Providers hold different rows although nothing is on its way.</summary>
    Differs,
}

/// <summary>The verdict in a sentence.</summary>
/// <param name="Level">How it is.</param>
/// <param name="Sentence">Why, for people.</param>
/// <param name="Next">The next command to run.</param>
internal sealed record StatusVerdict(StatusLevel Level, string Sentence, string Next);

internal sealed class StatusLevelText() : JsonStringEnumConverter<StatusLevel>(JsonNamingPolicy.SnakeCaseLower);
