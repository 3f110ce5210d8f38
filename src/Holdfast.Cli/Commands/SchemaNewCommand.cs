using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema new</c>: begins a migration of your own.</summary>
internal static class SchemaNewCommand
{
    private static readonly Argument<string?> Name = new("NAME") { Description = "What it does, in words.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Timestamp = new("--timestamp") { Description = "Number it by the time instead of counting on (a directory that does so goes on that way)." };
    private static readonly Option<bool> Sum = new("--sum") { Description = "Only write holdfast.sum anew, after files were changed." };

    public static Command Create() => CommandFactory.Create("schema new",
        "Begins a migration in your directory (./migrations, or --directory): its V file, its U file that takes it back, and holdfast.sum. No server is asked.",
        "holdfast schema new \"add invoices\"", [Name, Timestamp, Sum, SchemaTargets.Directory], RunAsync);

    private static Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var directory = invocation.Get(SchemaTargets.Directory)?.FullName ?? Path.GetFullPath("migrations");
        var name = invocation.Get(Name);
        if (name is null != invocation.Get(Sum)) throw new CliException(ExitCode.Usage, "Say what the migration does, or --sum alone.", "holdfast schema new \"add invoices\"");
        Invocation.Note($"target: {directory}");
        if (invocation.DryRun)
        {
            Invocation.Note(name is null ? $"would write {ChecksumFile.Name}" : $"would begin a migration '{name}'");
            return Task.FromResult(ExitCode.Done);
        }
        var created = new CreatedFiles(name is null ? [NewMigration.WriteSum(directory)] : [.. NewMigration.Create(directory, name, invocation.Get(Timestamp), TimeProvider.System)]);
        return Task.FromResult(invocation.Print(created, CliJson.Default.CreatedFiles, writer => { foreach (var file in created.Files) writer.WriteLine(file); }));
    }
}

/// <summary>Files that were written.</summary>
internal sealed record CreatedFiles(List<string> Files);
