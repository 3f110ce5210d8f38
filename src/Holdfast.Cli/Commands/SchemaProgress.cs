using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary>News of a run on standard error, with the provider in front where there are several.</summary>
internal sealed class SchemaProgress(string? provider) : IProgress<MigrationEvent>
{
    /// <summary>Hears of each file that begins.</summary>
    public Action<string>? Begun { get; init; }

    public void Report(MigrationEvent value)
    {
        if (value.Kind == MigrationEventKind.Started) Begun?.Invoke(value.Script);
        Invocation.Note($"{(provider is null ? "" : provider + ": ")}{(value.Script.Length > 0 ? value.Script + ": " : "")}{Terminal.Safe(value.Text)}");
    }
}
