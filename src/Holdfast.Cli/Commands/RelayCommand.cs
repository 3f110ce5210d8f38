using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay</c>: status, run, verify, repair, conflicts.</summary>
internal static class RelayCommand
{
    public static Command Create() => CommandFactory.Group("relay", "What keeps the providers equal: how far each is, prove it, repair it, settle what two sides changed at once.",
        RelayStatusCommand.CreateStatus(), RelayStatusCommand.CreateRun(), RelayVerifyCommand.Create(), RelayRepairCommand.Create(), RelayConflictsCommand.Create());
}
