using System.CommandLine;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast freeze</c>: on, off.</summary>
internal static class FreezeCommand
{
    public static Command Create() => CommandFactory.Group("freeze", "Stops and resumes all writes of all processes, for instance while a corruption is looked into: on, off.",
        CommandFactory.Create("freeze on", "Stops all writes: they are refused with exit code 4 and nothing of them is written. Reads go on.", "holdfast freeze on --dry-run", [],
            (invocation, token) => ControlReport.RunAsync(invocation, (decision, last) => decision.Freeze(last, frozen: true), "All writes of all processes are refused from now on; reads go on. 'holdfast freeze off' resumes them.", token)),
        CommandFactory.Create("freeze off", "Resumes the writes.", "holdfast freeze off", [],
            (invocation, token) => ControlReport.RunAsync(invocation, (decision, last) => decision.Freeze(last, frozen: false), "Writes are taken again.", token)));
}
