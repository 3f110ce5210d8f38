using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema</c>: migrations, lint, drift, constraints, indexes.</summary>
internal static class SchemaCommand
{
    public static Command Create() => CommandFactory.Group("schema", "The tables of the PostgreSQL servers: migrations, lint, drift, constraints, indexes.",
        SchemaMigrateCommand.Create(), SchemaStatusCommand.Create(), SchemaPlanCommand.Create(), SchemaUndoCommand.Create(), SchemaResumeCommand.Create(),
        SchemaRepairCommand.Create(), SchemaBaselineCommand.Create(), SchemaNewCommand.Create(), SchemaHistoryCommand.Create(),
        SchemaLintCommand.Create(), SchemaDriftCommand.Create(), SchemaDiffCommand.Create(), SchemaDiffCommand.CreateDump(), SchemaDiffCommand.CreateFingerprint(),
        SchemaConstraintCommand.Create(), SchemaIndexCommand.Create());
}
