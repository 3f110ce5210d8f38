using System.Globalization;

namespace Holdfast.Providers.Configuration;

/// <summary>The one validator of the options: each value's bounds, and the values against each other.</summary>
internal static class OptionsCheck
{
    /// <summary>The local file's name among providers.</summary>
    public const string Local = "local";

    /// <exception cref="InvalidInputException">A value is out of its bounds, or two contradict each other.</exception>
    public static void Check(HoldfastOptions options)
    {
        Rows.Check.Id("tenant_id", options.TenantId);
        Stores.Postgres.SchemaName.Check(options.Schema);
        Within(nameof(options.SettingsCacheFor), options.SettingsCacheFor, TimeSpan.Zero, TimeSpan.FromHours(1));
        if (options.Connection is not null && options.Providers.Count > 0)
            throw new InvalidInputException(nameof(options.Connection), "is set beside Providers; one connection is one store without failover, so set one of the two.");
        if (options.Connection is { } connection) _ = Stores.Postgres.PostgresUrl.Parse(connection);
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var provider in options.Providers)
        {
            Check(provider);
            if (!names.Add(provider.Name)) throw new InvalidInputException(nameof(options.Providers), $"two are named '{provider.Name}'.");
        }
        Check(options.Failover);
    }

    /// <summary>What is wrong with a provider's name; null: nothing.</summary>
    public static string? ProviderName(string? name) =>
        name is Local ? "the name 'local' is the local file's."
        : name is { Length: > 0 and <= 63 } && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '_') ? null
        : "a provider's name is 1 to 63 lower-case letters, digits, '-' and '_'.";

    private static void Check(ProviderOptions provider)
    {
        if (ProviderName(provider.Name) is { } problem) throw new InvalidInputException(nameof(HoldfastOptions.Providers), problem);
        if (provider.PoolSizeMax is < 1 or > 1_000) throw new InvalidInputException($"{provider.Name}.{nameof(provider.PoolSizeMax)}", $"is {provider.PoolSizeMax}; allowed is 1 to 1000.");
        Within($"{provider.Name}.{nameof(provider.ConnectTimeout)}", provider.ConnectTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(5));
        Within($"{provider.Name}.{nameof(provider.CommandTimeout)}", provider.CommandTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(15));
        _ = ProviderEndpoints.Work(provider);
        _ = ProviderEndpoints.Control(provider);
        _ = ProviderEndpoints.Relay(provider);
    }

    private static void Check(FailoverOptions failover)
    {
        var (day, hour) = (TimeSpan.FromDays(1), TimeSpan.FromHours(1));
        Within(nameof(failover.HedgeDelayMin), failover.HedgeDelayMin, TimeSpan.Zero, hour);
        Within(nameof(failover.HedgeDelayMax), failover.HedgeDelayMax, TimeSpan.Zero, hour);
        NotAbove(nameof(failover.HedgeDelayMin), failover.HedgeDelayMin, nameof(failover.HedgeDelayMax), failover.HedgeDelayMax);
        if (!(failover.HedgeShareMax is >= 0 and <= 1)) throw new InvalidInputException(nameof(failover.HedgeShareMax), string.Create(CultureInfo.InvariantCulture, $"is {failover.HedgeShareMax}; allowed is 0 to 1."));
        Within(nameof(failover.CallTimeout), failover.CallTimeout, TimeSpan.FromMilliseconds(1), hour);
        Within(nameof(failover.AttemptTimeout), failover.AttemptTimeout, TimeSpan.FromMilliseconds(1), hour);
        NotAbove(nameof(failover.AttemptTimeout), failover.AttemptTimeout, nameof(failover.CallTimeout), failover.CallTimeout);
        Within(nameof(failover.AcknowledgeLocallyAfter), failover.AcknowledgeLocallyAfter, TimeSpan.Zero, hour);
        NotAbove(nameof(failover.AcknowledgeLocallyAfter), failover.AcknowledgeLocallyAfter, nameof(failover.CallTimeout), failover.CallTimeout);
        Within(nameof(failover.ProbeInterval), failover.ProbeInterval, TimeSpan.FromMilliseconds(10), day);
        Within(nameof(failover.ProbeIntervalAsleep), failover.ProbeIntervalAsleep, TimeSpan.FromMilliseconds(10), day);
        NotAbove(nameof(failover.ProbeInterval), failover.ProbeInterval, nameof(failover.ProbeIntervalAsleep), failover.ProbeIntervalAsleep);
        Within(nameof(failover.ProbePauseAfterRefusedPassword), failover.ProbePauseAfterRefusedPassword, TimeSpan.Zero, day);
        Within(nameof(failover.FailbackAfter), failover.FailbackAfter, TimeSpan.Zero, day);
        if (failover.SpoolBytesMax < 4096) throw new InvalidInputException(nameof(failover.SpoolBytesMax), $"is {failover.SpoolBytesMax}; allowed is 4096 and more.");
        Within(nameof(failover.SpoolRetention), failover.SpoolRetention, TimeSpan.Zero, TimeSpan.FromDays(3650));
        Within(nameof(failover.SlowQueryAfter), failover.SlowQueryAfter, TimeSpan.Zero, day);
        if (!Enum.IsDefined(failover.Routing)) throw new InvalidInputException(nameof(failover.Routing), "is none of ordered, nearest.");
        if (!Enum.IsDefined(failover.WriteConcern)) throw new InvalidInputException(nameof(failover.WriteConcern), "is none of available, local, one, majority.");
    }

    private static void Within(string name, TimeSpan value, TimeSpan min, TimeSpan max)
    {
        if (value < min || value > max) throw new InvalidInputException(name, $"is {value}; allowed is {min} to {max}.");
    }

    private static void NotAbove(string lower, TimeSpan value, string upper, TimeSpan limit)
    {
        if (value > limit) throw new InvalidInputException(lower, $"is {value}, above {upper} ({limit}).");
    }
}
