using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary>News of a run on standard error, with the provider in front where there are several.</summary>
internal sealed class SchemaProgress(string? provider) : IProgress<MigrationEvent>
{
    public void Report(MigrationEvent value) => Invocation.Note($"{(provider is null ? "" : provider + ": ")}{(value.Script.Length > 0 ? value.Script + ": " : "")}{Terminal.Safe(value.Text)}");
}
