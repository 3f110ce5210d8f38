using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Holdfast.TestServers;

namespace Holdfast.Operations.Tests.Schema.Sql;

/// <summary>What others say about a script of SQL: PostgreSQL's own parser, and the linter squawk.</summary>
internal static class SqlOracles
{
    private static readonly Lazy<Task<string>> Folder = new(async () =>
    {
        var (code, output, errors) = await RunAsync("bash", [Path.Combine(PostgresPrograms.Repository(), "tools/sql-oracles.sh")], "");
        return code == 0 ? output.Trim() : throw new InvalidOperationException($"tools/sql-oracles.sh ended with {code}: {errors}");
    });

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public static async Task<IReadOnlyList<ParserAnswer>> ParserAsync(IReadOnlyList<string> scripts)
    {
        var (code, output, errors) = await RunAsync("node",
            [Path.Combine(PostgresPrograms.Repository(), "tests/oracles/libpg-query.cjs"), await Folder.Value], JsonSerializer.Serialize(scripts));
        return code == 0 ? JsonSerializer.Deserialize<List<ParserAnswer>>(output, Json)! : throw new InvalidOperationException(errors);
    }

    /// <summary>Squawk's findings for files, as it prints them.</summary>
    public static async Task<IReadOnlyList<SquawkFinding>> SquawkAsync(params string[] arguments)
    {
        var (_, output, errors) = await RunAsync(Path.Combine(await Folder.Value, "squawk/bin/squawk"), ["--reporter", "json", .. arguments], "");
        return output.Length > 0 ? JsonSerializer.Deserialize<List<SquawkFinding>>(output, Json)! : throw new InvalidOperationException(errors);
    }

    private static async Task<(int Code, string Output, string Errors)> RunAsync(string program, string[] arguments, string input)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false), StandardOutputEncoding = Encoding.UTF8,
        };
        using var process = Process.Start(start)!;
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await errors);
    }
}

/// <summary>What PostgreSQL's parser says.</summary>
/// <param name="Ends">Where each statement ends, in characters.</param>
/// <param name="Found">What it would throw away, sorted.</param>
/// <param name="IsShared">Whether it changes more than its own database.</param>
/// <param name="Error">Why it is no SQL.</param>
internal sealed record ParserAnswer(int[]? Ends, string[]? Found, bool IsShared, string? Error);

/// <summary>What squawk says.</summary>
internal sealed record SquawkFinding(string File, int Line, [property: System.Text.Json.Serialization.JsonPropertyName("rule_name")] string RuleName, string Message);
