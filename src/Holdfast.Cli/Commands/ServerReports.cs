using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>Asks each server of a target the same, and tells of those that did not answer.</summary>
internal static class ServerReports
{
    /// <summary>The servers, in the order in which they are changed: the backups first and the one that leads last.</summary>
    public static IReadOnlyList<ProviderOptions> Servers(Invocation invocation) => invocation.Target.IsLocal
        ? throw new CliException(ExitCode.NotFound, "No provider is configured: the memory is the local file, which keeps its own schema.", "holdfast config check")
        : [.. invocation.Target.Servers.Reverse()];

    /// <exception cref="StoreUnavailableException">None answered.</exception>
    public static async Task<IReadOnlyList<ServerReport<T>>> ReadAsync<T>(Invocation invocation, Func<ProviderOptions, Task<T>> read, CancellationToken cancellationToken) where T : class
    {
        var reports = await Task.WhenAll(Servers(invocation).Reverse().Select(async server =>
        {
            try
            {
                return new ServerReport<T>(server, await read(server), null);
            }
            catch (HoldfastException e) when (!cancellationToken.IsCancellationRequested)
            {
                return new ServerReport<T>(server, null, e);
            }
        }));
        return reports.Any(report => report.Error is null) ? reports : throw reports[0].Error!;
    }

    /// <summary>The code for those that did not answer; 0 when all did.</summary>
    public static ExitCode End<T>(Invocation invocation, IReadOnlyList<ServerReport<T>> reports) where T : class =>
        reports.FirstOrDefault(report => report.Error is not null) is not { Error: { } error } first ? ExitCode.Done
        : invocation.Note(CliError.Of(error) with { Message = $"{first.Server.Name}: {error.Message}" });
}

/// <summary>A server's answer, or why there is none.</summary>
internal sealed record ServerReport<T>(ProviderOptions Server, T? Result, HoldfastException? Error) where T : class;
