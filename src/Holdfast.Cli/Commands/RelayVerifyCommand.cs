using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Relay.Digests;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast relay verify</c>: proves that all providers hold the same rows.</summary>
internal static class RelayVerifyCommand
{
    public static Command Create() => CommandFactory.Create("relay verify",
        "Proves that all providers hold the same rows, while writes go on. Exit code 9 when they do not; the rows are named.", "holdfast relay verify --deep",
        [RelayComparison.Names, RelayComparison.Deep, RelayComparison.Fresh, RelayComparison.Patience, RelayComparison.Examples], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = RelayComparison.Options(invocation, invocation.Target.Options);
        await using var reached = await RelayComparison.OpenAsync(invocation, cancellationToken);
        var report = await new StoreComparison(reached.Stores, options).RunAsync(cancellationToken);
        var result = RelayComparison.Result(report, reached, options.Deep, invocation.Get(RelayComparison.Examples));
        invocation.Print(result, CliJson.Default.RelayVerified, writer => RelayComparison.Write(writer, result));
        return RelayComparison.End(invocation, result, $"holdfast relay repair{(options.Deep ? " --deep" : "")}");
    }
}
