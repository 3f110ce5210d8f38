using System.Text.Json.Serialization;

namespace Holdfast.Operations.Access.Effects;

[JsonSerializable(typeof(string[]))]
[JsonSerializable(typeof(string[][]))]
internal sealed partial class EffectJson : JsonSerializerContext;
