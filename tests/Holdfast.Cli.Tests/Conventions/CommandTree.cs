using System.CommandLine;
using Holdfast.Cli.Commands;

namespace Holdfast.Cli.Tests.Conventions;

/// <summary>Every command that the program has: a new one is tested by the conventions without being named here.</summary>
internal static class CommandTree
{
    public static IEnumerable<(string Name, ExampleCommand Command)> All(Command? parent = null, string prefix = "") =>
        (parent ?? HoldfastCommand.Create()).Subcommands.Where(command => !command.Hidden)
            .SelectMany(command => All(command, $"{prefix}{command.Name} ").Prepend(($"{prefix}{command.Name}", (ExampleCommand)command)));

    public static IEnumerable<(string Name, ExampleCommand Command)> Leaves => All().Where(entry => entry.Command.Subcommands.Count == 0);

    /// <summary>An example's words as a shell passes them on, without the program's name.</summary>
    public static string[] Words(string example)
    {
        if (example.StartsWith("source <(", StringComparison.Ordinal)) example = example[9..^1];
        var words = new List<string>();
        for (var i = 0; i < example.Length;)
        {
            if (example[i] == ' ') { i++; continue; }
            var quote = example[i] is '"' or '\'' ? example[i] : (char?)null;
            var end = quote is { } q ? example.IndexOf(q, i + 1) : example.IndexOf(' ', i) is >= 0 and var space ? space : example.Length;
            words.Add(example[(quote is null ? i : i + 1)..end]);
            i = quote is null ? end : end + 1;
        }
        return words[0] == "holdfast" ? [.. words.Skip(1)] : throw new InvalidOperationException($"An example starts with 'holdfast': {example}");
    }
}
