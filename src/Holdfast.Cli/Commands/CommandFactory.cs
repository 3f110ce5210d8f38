using System.CommandLine;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>Makes a command that ends with an exit code of the contract, whatever happens in it.</summary>
internal static class CommandFactory
{
    /// <param name="name">Its full name as people type it: <c>session list</c>.</param>
    /// <param name="description">What it does.</param>
    /// <param name="example">A line to copy.</param>
    /// <param name="symbols">Its arguments and options.</param>
    /// <param name="run">What it does; what it throws becomes an error line and an exit code.</param>
    public static Command Create(string name, string description, string example, IEnumerable<Symbol> symbols, Func<Invocation, CancellationToken, Task<ExitCode>> run)
    {
        var command = new ExampleCommand(name.Split(' ')[^1], description, example);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument) command.Arguments.Add(argument);
            else command.Options.Add((Option)symbol);
        }
        command.SetAction(async (parse, cancellationToken) =>
        {
            var invocation = new Invocation(parse, name);
            try
            {
                return (int)await run(invocation, cancellationToken);
            }
#pragma warning disable CA1031 // The last place: every error becomes a line and an exit code of the contract.
            catch (Exception e)
#pragma warning restore CA1031
            {
                return (int)invocation.Print(CliError.Of(e));
            }
        });
        return command;
    }

    public static Command Group(string name, string description, params Command[] commands)
    {
        var group = new Command(name, description);
        foreach (var command in commands) group.Subcommands.Add(command);
        return group;
    }
}

/// <summary>A command whose help ends with a line to copy.</summary>
internal sealed class ExampleCommand(string name, string description, string example) : Command(name, description)
{
    public string Example => example;
}
