using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema</c>.</summary>
internal static class SchemaCommand
{
    public static Command Create() => CommandFactory.Group("schema", "The tables of the PostgreSQL servers: migrations, constraints, indexes.",
        SchemaMigrateCommand.Create(), SchemaStatusCommand.Create(), SchemaPlanCommand.Create(), SchemaUndoCommand.Create(), SchemaResumeCommand.Create(),
        SchemaRepairCommand.Create(), SchemaBaselineCommand.Create(), SchemaNewCommand.Create(), SchemaHistoryCommand.Create(),
        SchemaConstraintCommand.Create(), SchemaIndexCommand.Create());
}
