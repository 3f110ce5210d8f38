using System.CommandLine;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay</c>: verify, repair, conflicts.</summary>
internal static class RelayCommand
{
    public static Command Create() => CommandFactory.Group("relay", "What keeps the providers equal: prove it, repair it, settle what two sides changed at once.",
        RelayVerifyCommand.Create(), RelayRepairCommand.Create(), RelayConflictsCommand.Create());
}
