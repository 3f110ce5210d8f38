using System.Globalization;

namespace Holdfast.Providers.Configuration;

/// <summary>The failover options by name, in both spellings: <c>HEDGE_DELAY_MIN</c> and <c>HedgeDelayMin</c>.</summary>
internal static class FailoverSettings
{
    private static readonly Dictionary<string, Func<FailoverOptions, string, string?>> All = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ENABLED"] = (options, text) => Boolean(text, value => options.Enabled = value),
        ["ROUTING"] = (options, text) => Word<ProviderRouting>(text, value => options.Routing = value),
        ["WRITE_CONCERN"] = (options, text) => Word<WriteConcern>(text, value => options.WriteConcern = value),
        ["HEDGE_DELAY_MIN"] = (options, text) => Time(text, value => options.HedgeDelayMin = value),
        ["HEDGE_DELAY_MAX"] = (options, text) => Time(text, value => options.HedgeDelayMax = value),
        ["HEDGE_SHARE_MAX"] = (options, text) => double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var share) ? Done(() => options.HedgeShareMax = share) : "a number from 0 to 1",
        ["ACKNOWLEDGE_LOCALLY_AFTER"] = (options, text) => Time(text, value => options.AcknowledgeLocallyAfter = value),
        ["ATTEMPT_TIMEOUT"] = (options, text) => Time(text, value => options.AttemptTimeout = value),
        ["CALL_TIMEOUT"] = (options, text) => Time(text, value => options.CallTimeout = value),
        ["PROBE_INTERVAL"] = (options, text) => Time(text, value => options.ProbeInterval = value),
        ["PROBE_INTERVAL_ASLEEP"] = (options, text) => Time(text, value => options.ProbeIntervalAsleep = value),
        ["PROBE_PAUSE_AFTER_REFUSED_PASSWORD"] = (options, text) => Time(text, value => options.ProbePauseAfterRefusedPassword = value),
        ["FAILBACK_AFTER"] = (options, text) => Time(text, value => options.FailbackAfter = value),
        ["SPOOL_BYTES_MAX"] = (options, text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var bytes) ? Done(() => options.SpoolBytesMax = bytes) : "a number of bytes",
        ["SPOOL_RETENTION"] = (options, text) => Time(text, value => options.SpoolRetention = value),
        ["RELAY"] = (options, text) => Boolean(text, value => options.Relay = value),
        ["SLOW_QUERY_AFTER"] = (options, text) => Time(text, value => options.SlowQueryAfter = value),
    };

    /// <summary>The names in the environment's spelling.</summary>
    public static IEnumerable<string> Names => All.Keys;

    public static bool IsKnown(string name) => All.ContainsKey(name);

    /// <summary>Sets one; what would have been accepted, or null when it is set.</summary>
    public static string? Set(FailoverOptions options, string name, string text) => All[name](options, text.Trim());

    private static string? Boolean(string text, Action<bool> set) => SettingText.Boolean(text) is { } value ? Done(() => set(value)) : "true or false";

    private static string? Time(string text, Action<TimeSpan> set) => SettingText.Duration(text) is { } value ? Done(() => set(value)) : "a time like 500ms, 5s, 2m, 1d";

    private static string? Word<T>(string text, Action<T> set) where T : struct, Enum =>
        text.Length > 0 && text.All(char.IsAsciiLetter) && Enum.TryParse<T>(text, ignoreCase: true, out var value) ? Done(() => set(value)) : $"one of {string.Join(", ", Enum.GetNames<T>().Select(name => name.ToLowerInvariant()))}";

    private static string? Done(Action set)
    {
        set();
        return null;
    }
}
