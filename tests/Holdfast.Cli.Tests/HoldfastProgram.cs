using System.Diagnostics;
using System.Text.Json;
using Xunit;

namespace Holdfast.Cli.Tests;

/// <summary>Runs the built program as a person does, with a memory of its own.</summary>
public sealed class HoldfastProgram : IDisposable
{
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Holdfast.Cli");

    public string Home { get; } = Directory.CreateTempSubdirectory("holdfast-cli-").FullName;

    public Dictionary<string, string> Environment { get; } = [];

    public async Task<Answer> RunAsync(params string[] arguments) => await RunAsync(arguments, input: null);

    public async Task<Answer> RunAsync(string[] arguments, string? input)
    {
        var start = new ProcessStartInfo(Program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, WorkingDirectory = Home };
        start.Environment["HOLDFAST_HOME"] = Home;
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        if (input is not null) await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return new Answer(process.ExitCode, await output, await errors);
    }

    /// <summary>Runs with <c>--json</c>, expects success, and returns the result.</summary>
    public async Task<JsonElement> ResultAsync(params string[] arguments)
    {
        var answer = await RunAsync([.. arguments, "--json"]);
        Assert.True(answer.ExitCode == 0, $"{string.Join(' ', arguments)} ended with {answer.ExitCode}: {answer.Errors}");
        return answer.Envelope.GetProperty("result");
    }

    public void Dispose() => Directory.Delete(Home, recursive: true);
}

public sealed record Answer(int ExitCode, string Output, string Errors)
{
    public JsonElement Envelope => JsonElement.Parse(Output);

    public string All => Output + Errors;
}
