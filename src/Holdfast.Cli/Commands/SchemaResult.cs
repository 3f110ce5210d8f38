using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>How commands that run files on several providers tell what they ran.</summary>
internal static class SchemaResult
{
    public static ExitCode Print(Invocation invocation, IReadOnlyList<Migrated> done, string what, string nothing) =>
        invocation.Print(done is [var only] ? only : new Migrated(invocation.Target.Name, [.. done.SelectMany(one => one.Steps)], [.. done]), CliJson.Default.Migrated, writer =>
        {
            foreach (var one in done)
            {
                var before = done.Count == 1 ? "" : $"{one.Provider}: ";
                if (one.Steps.Count == 0) writer.WriteLine($"{before}{nothing}");
                foreach (var step in one.Steps) writer.WriteLine($"{before}{what} {step.Script}");
                SchemaChecks.Write(invocation, writer, before, one.Checked);
            }
        });
}
