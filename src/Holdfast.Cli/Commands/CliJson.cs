using System.Text.Json.Serialization;

namespace Holdfast.Cli.Commands;

/// <summary>How results are written as JSON: generated, in snake case, absent values left out.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(Remembered))]
[JsonSerializable(typeof(List<RecalledItem>))]
[JsonSerializable(typeof(List<SessionItem>))]
[JsonSerializable(typeof(SessionContent))]
[JsonSerializable(typeof(ChangeReport))]
[JsonSerializable(typeof(SettingItem))]
[JsonSerializable(typeof(List<SettingItem>))]
[JsonSerializable(typeof(StoreStatus))]
[JsonSerializable(typeof(Migrated))]
[JsonSerializable(typeof(ProductVersions))]
[JsonSerializable(typeof(CompletionScript))]
[JsonSerializable(typeof(DemoReport))]
[JsonSerializable(typeof(ImportReport))]
[JsonSerializable(typeof(ExportReport))]
[JsonSerializable(typeof(List<JobItem>))]
[JsonSerializable(typeof(ClaimItem))]
[JsonSerializable(typeof(ConfigurationReport))]
[JsonSerializable(typeof(ControlReport))]
[JsonSerializable(typeof(List<RouteChangeItem>))]
[JsonSerializable(typeof(List<Holdfast.Providers.Control.SlowQuery>))]
[JsonSerializable(typeof(List<SlowStatement>))]
[JsonSerializable(typeof(Holdfast.Relay.RelayLinkStatus[]))]
[JsonSerializable(typeof(RelayRunResult))]
[JsonSerializable(typeof(VerifyResult))]
[JsonSerializable(typeof(DoctorResult))]
[JsonSerializable(typeof(List<ProviderTestItem>))]
[JsonSerializable(typeof(DrillResult))]
internal sealed partial class CliJson : JsonSerializerContext;
