namespace Holdfast.Cli.Output;

/// <summary>A word of a command line as a shell takes it back.</summary>
internal static class ShellWord
{
    private const string Plain = "_@%+=:,./-";

    public static string Of(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || Plain.Contains(c, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
