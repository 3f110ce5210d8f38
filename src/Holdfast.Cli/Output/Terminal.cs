namespace Holdfast.Cli.Output;

/// <summary>What the terminal can show: colour and progress only where somebody looks at it.</summary>
internal static class Terminal
{
    public static bool Colour(bool refused, bool toErrors)
    {
        if (refused || Has("NO_COLOR")) return false;
        if (Has("CLICOLOR_FORCE")) return true;
        return Environment.GetEnvironmentVariable("TERM") != "dumb" && !(toErrors ? Console.IsErrorRedirected : Console.IsOutputRedirected);
    }

    /// <summary>True when a progress line may be redrawn on standard error.</summary>
    public static bool Progress => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    /// <summary>True when a person is there to answer; a script says what it wants by its options.</summary>
    public static bool CanAsk => !Console.IsInputRedirected && !Console.IsErrorRedirected;

    /// <summary>True when the answer is yes.</summary>
    public static bool Ask(string question)
    {
        Console.Error.Write($"{question} [y/N] ");
        return Console.In.ReadLine()?.Trim().ToUpperInvariant() is "Y" or "YES";
    }

    /// <summary>
    /// A stored text for a terminal: control characters (an escape sequence could rename the window or hide lines) are shown as a
    /// dot. A file or a pipe gets the text as it is.
    /// </summary>
    public static string Safe(string text) => Console.IsOutputRedirected ? text : WithoutControls(text);

    internal static string WithoutControls(string text) =>
        text.Any(IsControl) ? string.Concat(text.Select(c => IsControl(c) ? '·' : c)) : text;

    private static bool IsControl(char c) => char.IsControl(c) && c is not ('\n' or '\t');

    private static bool Has(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
