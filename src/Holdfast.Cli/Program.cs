using System.CommandLine;
using System.CommandLine.Help;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;

var root = HoldfastCommand.Create();
var parse = root.Parse(args);
if (parse.Errors.Count > 0 && parse.Action is not HelpAction)
    return (int)new Invocation(parse, parse.CommandResult.Command.Name).Print(new CliError(
        ExitCode.Usage, string.Join(" ", parse.Errors.Select(error => error.Message)), $"{HoldfastCommand.FullName(parse)} --help"));

// Only help and suggestions come through here; they know the program by its assembly's name.
using var help = new StringWriter();
var code = await parse.InvokeAsync(new InvocationConfiguration { Output = help, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });
Console.Out.Write(help.ToString().Replace("Holdfast.Cli", "holdfast", StringComparison.Ordinal));
if (parse is { Action: HelpAction, CommandResult.Command: ExampleCommand command }) Console.Out.WriteLine($"Example:\n  {command.Example}\n");
return code;
