using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Holdfast.Cli.Commands;
using Holdfast.Cli.Output;

var root = HoldfastCommand.Create();
var parse = root.Parse(args.Length == 0 ? ["--help"] : args);
// The parser takes an option that it does not know for a value where a command has an argument.
var unknown = parse.Action is HelpAction || parse.CommandResult.Command is RootCommand ? [] : parse.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash)
    .Where(token => token.Type == TokenType.Argument && token.Value.StartsWith("--", StringComparison.Ordinal))
    .Select(token => $"'{token.Value}' is no option of this command (a text that begins like one goes behind a lone --).").ToList();
// Not where help or suggestions were asked for: an unfinished line is what they are for.
if (parse.Action is ParseErrorAction || unknown.Count > 0)
    return (int)new Invocation(parse, HoldfastCommand.CommandName(parse)).Print(new CliError(
        ExitCode.Usage, string.Join(" ", parse.Errors.Select(error => error.Message).Concat(unknown)), $"{HoldfastCommand.FullName(parse)} --help"));

// Only help and suggestions come through here; they know the program by its assembly's name.
using var help = new StringWriter();
var code = await parse.InvokeAsync(new InvocationConfiguration { Output = help, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(5) });
Console.Out.Write(help.ToString().Replace("Holdfast.Cli", "holdfast", StringComparison.Ordinal));
if (parse is { Action: HelpAction, CommandResult.Command: ExampleCommand command }) Console.Out.WriteLine($"Example:\n  {command.Example}\n");
return code;
