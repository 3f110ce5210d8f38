using System.Text.RegularExpressions;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary>
/// Puts into every command of <c>holdfast schema</c> that an answer advises what this line was said with. The engine that writes most of them knows no line; and without
/// <c>--directory</c> the command that it advises would work on Holdfast's own tables.
/// </summary>
internal static partial class SaidOptions
{
    /// <summary>The error with its next step as it can be pasted.</summary>
    public static CliError Complete(Invocation invocation, CliError error) => error with { Message = Complete(invocation, error.Message), Suggestion = error.Suggestion is { } next ? Complete(invocation, next) : null };

    /// <summary>The text with the commands in it as they can be pasted.</summary>
    public static string Complete(Invocation invocation, string text)
    {
        if (!invocation.Command.StartsWith("schema ", StringComparison.Ordinal)) return text;
        (string Name, string? Value)[] said =
        [
            ("--directory", invocation.Get(SchemaTargets.Directory)?.ToString()), ("--schema", invocation.Get(SchemaTargets.Schema)),
            ("--provider", invocation.Get(GlobalOptions.Provider)), ("--url-file", invocation.Get(GlobalOptions.UrlFile)?.ToString()),
        ];
        return Advised().Replace(text, match =>
        {
            var rest = match.Groups["rest"].Value;
            // What is said already stays as it is; a comparison of two names them itself.
            var lacks = said.Where(option => option.Value is not null && !rest.Contains($"{option.Name} ", StringComparison.Ordinal) && !(match.Groups["verb"].Value == "diff" && option.Name == "--provider"));
            return $"{match.Groups["command"].Value}{string.Concat(lacks.Select(option => $" {option.Name} {ShellWord.Of(option.Value!)}"))}{rest}";
        });
    }

    // As far as the quote that ends it, the next command, or the end.
    [GeneratedRegex(@"(?<command>holdfast schema (?<verb>status|plan|migrate|undo|resume|repair|baseline|history|drift|diff|dump|fingerprint)\b)(?<rest>(?:(?!holdfast schema )[^\n])*)")]
    private static partial Regex Advised();
}
