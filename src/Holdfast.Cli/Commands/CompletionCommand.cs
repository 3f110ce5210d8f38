using System.CommandLine;
using Holdfast.Cli.Output;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast completion</c>: a script for a shell; it asks the program itself for suggestions.</summary>
internal static class CompletionCommand
{
    private static readonly Argument<string> Shell = new("shell") { Description = "bash, zsh, fish or pwsh." };

    private const string Bash = """
        _holdfast() {
          local line="${COMP_LINE#* }" point=$((COMP_POINT - ${#COMP_WORDS[0]} - 1))
          mapfile -t COMPREPLY < <(compgen -W "$(holdfast "[suggest:$point]" "$line" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}")
        }
        complete -F _holdfast holdfast
        """;

    private const string Zsh = """
        #compdef holdfast
        _holdfast() {
          local line="${BUFFER#* }" point=$((CURSOR - ${#words[1]} - 1))
          compadd -- ${(f)"$(holdfast "[suggest:$point]" "$line" 2>/dev/null)"}
        }
        compdef _holdfast holdfast
        """;

    private const string Fish = """
        function __holdfast
          set -l line (commandline -cp | string replace -r '^\S+ ?' '')
          holdfast "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c holdfast -f -a '(__holdfast)'
        """;

    private const string Pwsh = """
        Register-ArgumentCompleter -Native -CommandName holdfast -ScriptBlock {
          param($word, $ast, $position)
          $line = $ast.ToString() -replace '^\S+ ?', ''
          $point = [Math]::Max(0, $position - ($ast.ToString().Length - $line.Length))
          holdfast "[suggest:$point]" "$line" 2>$null | Where-Object { $_ -like "$word*" } | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
        }
        """;

    public static Command Create() => CommandFactory.Create("completion", "Prints a completion script for a shell.", "source <(holdfast completion bash)", [Shell], (invocation, _) =>
    {
        var script = invocation.Get(Shell) switch
        {
            "bash" => Bash,
            "zsh" => Zsh,
            "fish" => Fish,
            "pwsh" => Pwsh,
            var other => throw new CliException(ExitCode.Usage, $"'{other}' is none of: bash, zsh, fish, pwsh."),
        };
        return Task.FromResult(invocation.Print(new CompletionScript(script), CliJson.Default.CompletionScript, writer => writer.WriteLine(script)));
    });
}

internal sealed record CompletionScript(string Text);
