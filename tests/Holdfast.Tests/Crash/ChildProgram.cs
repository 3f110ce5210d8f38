using System.Diagnostics;

namespace Holdfast.Tests.Crash;

/// <summary>A program that was built beside the tests, started as a process of its own.</summary>
internal static class ChildProgram
{
    public static Process Start(string name, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, $"{name}.dll"));
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }
}
