using Holdfast;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Registers Holdfast with a host.</summary>
public static class HoldfastServiceCollectionExtensions
{
    /// <summary>
    /// Registers one <see cref="AgentMemoryAccessor"/> for the process. The memory is opened at its first use and closed, with
    /// everything written, when the host's container is disposed of.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configure">Changes the defaults: the local file in the platform's data folder.</param>
    public static IServiceCollection AddHoldfast(this IServiceCollection services, Action<HoldfastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        services.AddOptions<HoldfastOptions>().Configure(options => configure?.Invoke(options));
        services.TryAddSingleton<AgentMemoryAccessor>();
        return services;
    }
}
