using System.Text.Json.Serialization;

namespace Holdfast.Providers.Control;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ControlState))]
[JsonSerializable(typeof(ProcessState))]
[JsonSerializable(typeof(SlowQuery))]
internal sealed partial class ControlJson : JsonSerializerContext;
