using Holdfast.Rows;

namespace Holdfast.Providers;

/// <summary>What a provider set is told when it is made.</summary>
internal sealed record ProviderSetSettings(FailoverOptions Options, string Home, string Schema, string TenantId, Clock Clock, TimeProvider Time)
{
    /// <summary>How long the first connections are waited for when a memory is opened; it opens without them too.</summary>
    public TimeSpan OpenPatience { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>For how long a process claims a pull between two providers; after a crash the next one begins when that is over.</summary>
    public TimeSpan RelayLeaseFor { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How long closing waits for the providers to get what was written last.</summary>
    public TimeSpan ClosePatience { get; init; } = TimeSpan.FromSeconds(2);
}
