using System.Diagnostics;
using System.Text;

namespace Holdfast.Cli.Tests.Program;

/// <summary>
/// The program as people run it: a process of its own, with a home of its own and no other setting of Holdfast's. It is the published one where
/// <c>HOLDFAST_TEST_PROGRAM</c> names it (it starts in half of the time, and it is what people have), otherwise the one that was built with the tests.
/// </summary>
internal sealed class HoldfastProgram : IDisposable
{
    private static readonly string File = Environment.GetEnvironmentVariable("HOLDFAST_TEST_PROGRAM") is { Length: > 0 } published ? published
        : Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? "Holdfast.Cli.exe" : "Holdfast.Cli");

    private readonly Dictionary<string, string> _environment = [];

    public string Home { get; } = Directory.CreateTempSubdirectory("holdfast-cli-test-").FullName;

    public HoldfastProgram With(string variable, string value)
    {
        _environment[variable] = value;
        return this;
    }

    public string PathOf(string name) => Path.Combine(Home, name);

    public string Write(string name, string content)
    {
        System.IO.File.WriteAllText(PathOf(name), content);
        return PathOf(name);
    }

    public Task<Answer> RunAsync(params string[] arguments) => RunWithInputAsync(null, arguments);

    public async Task<Answer> RunWithInputAsync(byte[]? input, params string[] arguments)
    {
        using var process = Start(arguments);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (input is not null) await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return new Answer(process.ExitCode, await output, await errors);
    }

    /// <summary>A person at a terminal, who types one line; both streams of the program go there.</summary>
    public async Task<Answer> AnswerAsync(string line, params string[] arguments)
    {
        using var process = StartProgram("script", ["-qec", string.Join(' ', arguments.Prepend(File).Select(word => $"'{word}'")), "/dev/null"]);
        var output = process.StandardOutput.ReadToEndAsync();
        await process.StandardInput.WriteAsync(line + "\n");
        await process.StandardInput.FlushAsync();
        await process.WaitForExitAsync();
        return new Answer(process.ExitCode, await output, "");
    }

    public Process Start(params string[] arguments) => StartProgram(File, arguments);

    private Process StartProgram(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8, StandardErrorEncoding = Encoding.UTF8, WorkingDirectory = Home,
        };
        foreach (var name in start.Environment.Keys.Where(name => name.StartsWith("HOLDFAST_", StringComparison.Ordinal) || name is "NO_COLOR" or "CLICOLOR_FORCE").ToList())
            start.Environment.Remove(name);
        start.Environment["HOLDFAST_HOME"] = Home;
        start.Environment["TERM"] = "xterm";
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
