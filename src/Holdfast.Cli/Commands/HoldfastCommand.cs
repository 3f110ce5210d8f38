using System.CommandLine;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>The tree of all commands.</summary>
internal static class HoldfastCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Memory for AI agents that outlives its databases.\n\nStart here:\n  holdfast demo\n  holdfast remember \"hello\" --session first\n  holdfast status");
        foreach (var option in GlobalOptions.All) root.Options.Add(option);
        foreach (var command in (Command[])
        [
            DemoCommand.Create(), RememberCommand.Create(), RecallCommand.Create(), SessionCommand.Create(),
            ImportCommand.Create(), ExportCommand.Create(), ForgetCommand.Create(),
            SettingCommand.Create(), JobCommand.Create(), StatusCommand.Create(), StatusCommand.CreateHealth(), VerifyCommand.Create(), DoctorCommand.Create(),
            ProviderCommand.Create(), RelayCommand.Create(), FreezeCommand.Create(), QueryCommand.Create(), ConfigCommand.Create(), SchemaCommand.Create(), AccessCommand.Create(), VersionCommand.Create(),
            CompletionCommand.Create(), DemoCommand.CreateLoop(),
        ])
            root.Subcommands.Add(command);
        return root;
    }

    /// <summary>The command as it was typed: <c>holdfast session list</c>.</summary>
    public static string FullName(ParseResult parse)
    {
        var names = new List<string>();
        for (var result = parse.CommandResult; result is not null; result = result.Parent as System.CommandLine.Parsing.CommandResult)
            names.Insert(0, result.Command is RootCommand ? "holdfast" : result.Command.Name);
        return string.Join(' ', names);
    }

    /// <summary>The command's name in the JSON envelope: <c>session list</c>.</summary>
    public static string CommandName(ParseResult parse) =>
        FullName(parse) is var name && name.IndexOf(' ', StringComparison.Ordinal) is > 0 and var space ? name[(space + 1)..] : name;
}
