using Holdfast;
using Holdfast.Providers.Configuration;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

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
        services.AddOptions<HoldfastOptions>().Configure(options => configure?.Invoke(options)).ValidateOnStart();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<HoldfastOptions>, HoldfastOptionsValidator>());
        services.TryAddSingleton<AgentMemoryAccessor>();
        return services;
    }

    /// <summary>Registers the memory that a section of the host's configuration describes; it is checked when the host starts.</summary>
    /// <remarks>
    /// Keys: <c>Connection</c>; or <c>Providers</c> (an array of <c>Name</c>, <c>Connection</c>, … in the order of preference, or a map from name to
    /// URL); <c>Failover</c> (the properties of <see cref="FailoverOptions"/>, and <c>Order</c>); <c>Home</c>, <c>TenantId</c>, <c>Schema</c>. Times are written <c>500ms</c>, <c>5s</c>, <c>2m</c> or as a TimeSpan.
    /// </remarks>
    /// <param name="services">The host's services.</param>
    /// <param name="section">The section, by custom <c>Holdfast</c>.</param>
    /// <param name="configure">Changes what the section says.</param>
    public static IServiceCollection AddHoldfast(this IServiceCollection services, IConfiguration section, Action<HoldfastOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(section);
        return services.AddHoldfast(options =>
        {
            HoldfastSection.Bind(section, options);
            configure?.Invoke(options);
        });
    }
}
