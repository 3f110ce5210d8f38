using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>Asks each server the same, and tells of those that did not answer.</summary>
internal static class ServerReports
{
    /// <summary>The servers, in the order in which they are changed: the backups first and the one that leads last.</summary>
    public static IReadOnlyList<ProviderOptions> Servers(Invocation invocation) => invocation.Target.IsLocal
        ? throw new CliException(ExitCode.Usage, "No provider is configured: the memory is the local file. This command is for PostgreSQL servers.", "Set HOLDFAST_PROVIDER_<NAME> to a server's URL, or say --provider NAME.")
        : [.. invocation.Target.Servers.Reverse()];

    /// <summary>Reads the servers of the target, the one that leads first.</summary>
    public static Task<IReadOnlyList<ServerReport<T>>> ReadAsync<T>(Invocation invocation, Func<ProviderOptions, Task<T>> read, CancellationToken cancellationToken) where T : class =>
        ReadAsync([.. Servers(invocation).Reverse().Select(server => (server.Name, server))], read, cancellationToken);

    /// <summary>Reads all at once, in their order; what one throws hides nothing of the others.</summary>
    /// <exception cref="CliException">None could be read; with one server alone it is what that one threw.</exception>
    public static async Task<IReadOnlyList<ServerReport<T>>> ReadAsync<TServer, T>(IReadOnlyList<(string Name, TServer Server)> servers, Func<TServer, Task<T>> read, CancellationToken cancellationToken) where T : class
    {
        var reports = await Task.WhenAll(servers.Select(async one =>
        {
            try
            {
                return new ServerReport<T>(one.Name, await read(one.Server), null);
            }
            catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
            {
                return new ServerReport<T>(one.Name, null, e);
            }
        }));
        if (reports.Any(report => report.Error is null)) return reports;
        if (reports is [{ Error: { } only }]) throw only;
        var error = ErrorOf(reports)!;
        throw new CliException(error.Code, error.Message, error.Suggestion);
    }

    /// <summary>The code for those that did not answer; 0 when all did.</summary>
    public static ExitCode End<T>(Invocation invocation, IReadOnlyList<ServerReport<T>> reports) where T : class =>
        ErrorOf(reports) is { } error ? invocation.Note(error) : ExitCode.Done;

    private static CliError? ErrorOf<T>(IReadOnlyList<ServerReport<T>> reports) where T : class
    {
        var failed = reports.Where(report => report.Error is not null).ToList();
        if (failed.Count == 0) return null;
        var first = CliError.Of(failed[0].Error!);
        return first with
        {
            Message = string.Join(" ", failed.Select(report => $"{report.Name}: {report.Problem}")),
            Suggestion = first.Suggestion ?? (first.Code == ExitCode.Unreachable ? $"holdfast provider test {failed[0].Name}" : null),
        };
    }
}

/// <summary>A server's answer, or why there is none.</summary>
internal sealed record ServerReport<T>(string Name, T? Result, HoldfastException? Error) where T : class
{
    /// <summary>Why it could not be read; null: it was.</summary>
    public string? Problem => Error?.Message;
}
