using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;

var root = HoldfastCommand.Create();
var parse = root.Parse(args.Length == 0 ? ["--help"] : args);
// Not where help or suggestions were asked for: an unfinished line is what they are for.
if (parse.Action is ParseErrorAction)
    return (int)new Invocation(parse, HoldfastCommand.CommandName(parse)).Print(new CliError(
        ExitCode.Usage, string.Join(" ", parse.Errors.Select(error => error.Message)), $"{HoldfastCommand.FullName(parse)} --help"));
if (HoldfastCommand.MistypedOption(parse) is { } mistyped)
    return (int)new Invocation(parse, HoldfastCommand.CommandName(parse)).Print(new CliError(
        ExitCode.Usage, $"Unknown option '{mistyped}'.", $"{HoldfastCommand.FullName(parse)} --help; a text that begins like an option stands behind a '--'."));

// Only help and suggestions come through here; they know the program by its assembly's name.
using var help = new StringWriter();
var code = await parse.InvokeAsync(new InvocationConfiguration { Output = help, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });
Console.Out.Write(help.ToString().Replace("Holdfast.Cli", "holdfast", StringComparison.Ordinal));
if (parse is { Action: HelpAction, CommandResult.Command: ExampleCommand command }) Console.Out.WriteLine($"Example:\n  {command.Example}\n");
return code;
