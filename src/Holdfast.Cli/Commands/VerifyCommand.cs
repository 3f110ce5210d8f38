using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Cli.Targets;
using Holdfast.Operations.Verification;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast verify</c>: proves on every provider that what is written comes back.</summary>
internal static class VerifyCommand
{
    public static Command Create() => CommandFactory.Create("verify",
        "Proves that the memory works as configured: writes a session on every provider, reads it back, compares, empties it again, and cuts the primary off inside this process. Exit code 9 when a test failed; one that cannot be made (a failover with one provider) is skipped and says why.",
        "holdfast verify", [], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var configuration = ProviderChoice.Read(invocation);
        var only = ProviderChoice.Name(invocation, configuration, null);
        foreach (var provider in configuration.Options.Providers.Where(provider => only is null || provider.Name == only)) Invocation.Note($"target: {provider.Name}  {ProviderChoice.Address(provider)}");
        Invocation.Note($"target: {StoreTarget.Local}  {configuration.Options.LocalFile ?? HoldfastHome.LocalFile(configuration.Options.Home)}");
        if (invocation.DryRun)
        {
            Invocation.Note($"would write and empty again one session in tenant {Verifier.Tenant} on each target, and cut the first provider off inside this process");
            return ExitCode.Done;
        }
        var colour = Terminal.Colour(invocation.Get(GlobalOptions.NoColor), toErrors: false);
        var report = await new Verifier(configuration, TimeProvider.System) { Only = only }
            .RunAsync(test => { if (!invocation.Json) Write(Console.Out, test, colour); }, cancellationToken);
        var total = $"{report.Tests.Count} tests: {report.Passed} passed, {report.Failed} failed, {report.Skipped} skipped. What they wrote in tenant {Verifier.Tenant} {(report.IsWell ? "has been emptied" : "was emptied where the store answered")}.";
        var result = new VerifyResult(report.IsWell, report.Tests.Count, report.Passed, report.Failed, report.Skipped,
            [.. report.Tests.Select(test => new VerifyItem(test.Number, test.Provider, test.Name, Naming.Snake(test.State.ToString()), test.Detail, test.Advice, Math.Round(test.Milliseconds, 1)))]);
        invocation.Print(result, CliJson.Default.VerifyResult, writer => writer.WriteLine($"\n{total}"));
        return report.IsWell ? ExitCode.Done
            : invocation.Note(new CliError(ExitCode.VerificationFailed, $"{report.Failed} of {report.Tests.Count} tests failed: {string.Join(", ", report.Tests.Where(test => test.State == TestState.Failed).Select(test => test.Number))}.", "holdfast doctor"));
    }

    private static void Write(TextWriter writer, VerificationTest test, bool colour)
    {
        var (word, code) = test.State switch { TestState.Passed => ("[OK]", 32), TestState.Failed => ("[FAIL]", 31), _ => ("[SKIP]", 33) };
        var mark = colour ? $"\e[{code}m{word}\e[0m{new string(' ', 6 - word.Length)}" : word.PadRight(6);
        var took = test.Milliseconds >= 1 ? string.Create(CultureInfo.InvariantCulture, $"  ({test.Milliseconds:0} ms)") : "";
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{mark} {test.Number,3}  {(test.Provider is { } provider ? provider + ": " : "")}{test.Name}: {Terminal.Safe(test.Detail)}{took}"));
        if (test is { State: TestState.Failed, Advice: { } advice }) writer.WriteLine($"            {Terminal.Safe(advice)}");
        writer.Flush();
    }
}

/// <summary>What <c>verify</c> came to.</summary>
internal sealed record VerifyResult(bool IsWell, int Total, int Passed, int Failed, int Skipped, List<VerifyItem> Tests);

internal sealed record VerifyItem(int Number, string? Provider, string Name, string State, string Detail, string? Advice, double Milliseconds);
