using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay</c>: what moves rows between providers, and the proof that it did.</summary>
internal static class RelayCommand
{
    public static Command Create() => CommandFactory.Group("relay", "Keeps the providers equal and proves it: status, run.",
        RelayStatusCommand.CreateStatus(), RelayStatusCommand.CreateRun());
}
