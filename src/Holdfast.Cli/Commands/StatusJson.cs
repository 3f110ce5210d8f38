using System.Text.Json.Serialization;
using Holdfast.Operations.Monitoring;

namespace Holdfast.Cli.Commands;

/// <summary>How states are written as JSON: what is unknown is null. Left out, it would be taken for missing.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(StatusReport))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(List<ProviderStatus>))]
[JsonSerializable(typeof(ProviderDetail))]
internal sealed partial class StatusJson : JsonSerializerContext;
