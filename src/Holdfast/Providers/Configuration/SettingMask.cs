using Holdfast.Stores.Postgres;

namespace Holdfast.Providers.Configuration;

/// <summary>What may be shown of a setting: where a connection leads, never what opens it.</summary>
internal static class SettingMask
{
    public const string Hidden = "***";

    public static bool HoldsSecret(FoundValue value) => IsConnection(value.Name) ? !SettingText.IsPlaceholder(value.Value) && Address(value.Value) is null or { HasPassword: true } : value.Name == SettingNames.SupabasePassword;

    public static string Of(FoundValue value)
    {
        if (value.Value.Trim().Length == 0) return "";
        if (IsConnection(value.Name)) return Address(value.Value)?.Text ?? Hidden;
        // Not even of a harmless setting when it looks like a connection: somebody put it behind the wrong name.
        return value.Name == SettingNames.SupabasePassword || SettingNames.IsUnknown(value.Name) || !IsPlain(value) || value.Value.Contains("://", StringComparison.Ordinal)
            || value.Value.Contains("password", StringComparison.OrdinalIgnoreCase) || value.Value.Any(char.IsControl) ? Hidden : value.Value;
    }

    // A value that its setting does not take may be anything.
    private static bool IsPlain(FoundValue value) => value.Name.StartsWith(SettingNames.FailoverPrefix, StringComparison.Ordinal)
        ? FailoverSettings.Set(new FailoverOptions(), value.Name[SettingNames.FailoverPrefix.Length..], value.Value) is null
        : value.Name == SettingNames.FailoverEnabled ? SettingText.Boolean(value.Value) is not null
        : !value.Name.StartsWith(SettingNames.ProviderPrefix, StringComparison.Ordinal) || value.Value.All(char.IsAsciiDigit) || SettingText.Duration(value.Value) is not null;

    private static bool IsConnection(string name) => name is SettingNames.NeonUrl or SettingNames.RailwayUrl
        || (name.StartsWith(SettingNames.ProviderPrefix, StringComparison.Ordinal) && !SettingNames.ProviderSuffixes.Except(SettingNames.ConnectionSuffixes).Any(suffix => name.EndsWith(suffix, StringComparison.Ordinal)));

    private static (string Text, bool HasPassword)? Address(string connection)
    {
        try
        {
            var settings = PostgresUrl.Parse(connection);
            var host = settings.Host!.Contains(',', StringComparison.Ordinal) ? settings.Host : $"{settings.Host}:{settings.Port}";
            return ($"{host}/{settings.Database} role {settings.Username ?? "-"}{(settings.Password is { Length: > 0 } ? $" password {Hidden}" : "")}", settings.Password is { Length: > 0 } || settings.SslPassword is { Length: > 0 });
        }
        catch (InvalidInputException)
        {
            // Told as an error of the provider; here nothing of it can be shown.
            return null;
        }
    }
}
