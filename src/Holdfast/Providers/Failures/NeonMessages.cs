namespace Holdfast.Providers.Failures;

/// <summary>What Neon's proxy says, always as XX000. The more telling text stands first.</summary>
internal static class NeonMessages
{
    public static readonly PoolerMessage[] All =
    [
        new("endpoint is disabled", FailureCause.Paused),
        new("endpoint has been disabled", FailureCause.Paused),
        new("endpoint cannot be found", FailureCause.Configuration),
        new("endpoint could not be found", FailureCause.Configuration),
        new("check your quotas", FailureCause.Quota),
        new("quota", FailureCause.Quota),
        new("active endpoints limit", FailureCause.Quota),
        new("Couldn't connect to compute node", FailureCause.Asleep),
        new("Too many connections", FailureCause.Saturated),
        new("Failed to acquire permit", FailureCause.Saturated),
        new("rate limit", FailureCause.Saturated),
        new("is not allowed to connect to this endpoint", FailureCause.Authentication),
        new("from a blocked network", FailureCause.Authentication),
        new("connection is insecure", FailureCause.Tls),
        new("Endpoint ID is not specified", FailureCause.Configuration),
        new("VPC endpoint ID is not specified", FailureCause.Configuration),
        new("Inconsistent project name", FailureCause.Configuration),
        new("Project name", FailureCause.Configuration),
        new("role is protected", FailureCause.Configuration),
        new("Authentication timed out", FailureCause.Down),
        new("Control plane request failed", FailureCause.Down),
    ];
}
