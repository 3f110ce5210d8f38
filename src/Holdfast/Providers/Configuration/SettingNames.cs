namespace Holdfast.Providers.Configuration;

/// <summary>The names of all settings: ours, and those that existing deployments use.</summary>
internal static class SettingNames
{
    public const string ProviderPrefix = "HOLDFAST_PROVIDER_";
    public const string FailoverPrefix = "HOLDFAST_FAILOVER_";
    public const string Home = HoldfastHome.Variable;
    public const string Tenant = "HOLDFAST_TENANT";
    public const string Schema = "HOLDFAST_SCHEMA";
    public const string Provider = "DATABASE_PROVIDER";
    public const string FailoverEnabled = "DATABASE_FAILOVER_ENABLED";
    public const string Order = "DATABASE_FAILOVER_ORDER";
    public const string NeonUrl = "NEON_DB_URL";
    public const string SupabaseHost = "SUPABASE_DB_HOST";
    public const string SupabasePassword = "SUPABASE_DB_PASSWORD";
    public const string RailwayUrl = "RAILWAY_DB_URL";
    public const string LocalFile = "LOCAL_DB_PATH";

    /// <summary>What may stand behind a provider's name.</summary>
    public static readonly string[] ProviderSuffixes = ["_CONTROL", "_RELAY", "_POOL_SIZE_MAX", "_CONNECT_TIMEOUT", "_COMMAND_TIMEOUT"];

    /// <summary>Those of them that are connections.</summary>
    public static readonly string[] ConnectionSuffixes = ["_CONTROL", "_RELAY"];

    /// <summary>The setting of a provider's connection for the relay.</summary>
    public static string Relay(string provider) => $"{ProviderPrefix}{provider.ToUpperInvariant()}_RELAY";

    private static readonly HashSet<string> Fixed = new(StringComparer.Ordinal)
    {
        Home, Tenant, Schema, Provider, FailoverEnabled, Order, NeonUrl, SupabaseHost, SupabasePassword, RailwayUrl, LocalFile,
    };

    public static bool IsKnown(string name) => Fixed.Contains(name) || (name.StartsWith(ProviderPrefix, StringComparison.Ordinal) && name.Length > ProviderPrefix.Length)
        || (name.StartsWith(FailoverPrefix, StringComparison.Ordinal) && FailoverSettings.IsKnown(name[FailoverPrefix.Length..]));

    /// <summary>Ours by its prefix, yet no setting: a typing error, or somebody else's.</summary>
    public static bool IsUnknown(string name) => name.StartsWith("HOLDFAST_", StringComparison.Ordinal) && !IsKnown(name) && !name.StartsWith("HOLDFAST_TEST_", StringComparison.Ordinal) && !name.StartsWith("HOLDFAST_SAMPLE_", StringComparison.Ordinal);

    public static string UnknownText(string name)
    {
        var near = SettingText.DidYouMean(name, [.. Fixed, .. FailoverSettings.Names.Select(failover => FailoverPrefix + failover)]);
        // HOLDFAST_PROVDER_MAIN: the prefix is what was mistyped.
        if (near is null && name.LastIndexOf('_') is > 9 and var end && SettingText.DidYouMean(name[..(end + 1)], [ProviderPrefix]) is not null) near = ProviderPrefix + name[(end + 1)..];
        return near is null ? $"{name} is no setting of Holdfast's." : $"{name} is no setting of Holdfast's; did you mean {near}?";
    }
}
