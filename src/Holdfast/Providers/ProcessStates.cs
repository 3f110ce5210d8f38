using System.Diagnostics;
using Holdfast.Providers.Control;
using Holdfast.Rows;

namespace Holdfast.Providers;

/// <summary>What this process says about itself.</summary>
internal static class ProcessStates
{
    /// <summary>What went wrong in the background is told for so long.</summary>
    private static readonly TimeSpan RecentMax = TimeSpan.FromMinutes(5);

    public static ProcessState Of(ProviderAccess set, DateTimeOffset startedAt)
    {
        var route = set.Router.Route;
        return new ProcessState(
            Environment.ProcessId, Path.GetFileNameWithoutExtension(Environment.ProcessPath ?? "unknown"), startedAt, set.Settings.Time.GetUtcNow(),
            route.Primary?.Name, route.Since, route.IsFailover, set.Control.FrozenSince is not null, set.Spool.Bytes,
            [.. set.Providers.Select(provider => Of(provider, set.Pushes[provider.Index]))],
            set.LastUpkeepError is { } last && set.Settings.Time.GetUtcNow() - last.At < RecentMax ? last.Error.Message : null);
    }

    private static ProviderState Of(Provider provider, ProviderPush push)
    {
        var failure = provider.Health.Problem;
        return new ProviderState(
            provider.Name, StateOf(provider), failure is null ? null : EnumText<Failures.FailureCause>.Of(failure.Cause), failure?.Message,
            Milliseconds(provider.Reads, 0.5), Milliseconds(provider.Reads, 0.95), Milliseconds(provider.Reads, 0.99),
            Milliseconds(provider.Writes, 0.5), Milliseconds(provider.Writes, 0.99), push.Queue.Rows, push.RefusedCount, provider.Running,
            provider.Health.FailingSince ?? provider.Health.UsableSince, provider.IsLacking);
    }

    public static string StateOf(Provider provider) => provider switch
    {
        { IsDrained: true } => "drained",
        { Breaker.IsOpen: true } => "down",
        { Health.WriteRefusal: not null } => "refusing",
        { Health.IsSuspect: true } => "suspect",
        { Store: null } => "unknown",
        _ => "healthy",
    };

    private static double? Milliseconds(LatencyWindow window, double share) => window.Percentile(share)?.TotalMilliseconds;
}
