namespace Holdfast.Cli.Output;

/// <summary>What the terminal can show: colour and progress only where somebody looks at it.</summary>
internal static class Terminal
{
    public static bool Colour(bool refused, bool toErrors)
    {
        if (refused || Has("NO_COLOR") || Environment.GetEnvironmentVariable("TERM") == "dumb") return false;
        return Has("CLICOLOR_FORCE") || !(toErrors ? Console.IsErrorRedirected : Console.IsOutputRedirected);
    }

    /// <summary>True when a progress line may be redrawn on standard error.</summary>
    public static bool Progress => !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "dumb");

    private static bool Has(string variable) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 };
}
