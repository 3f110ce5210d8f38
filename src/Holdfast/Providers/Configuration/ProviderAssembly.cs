using System.Globalization;

namespace Holdfast.Providers.Configuration;

/// <summary>The providers among the values that were found, in the order of preference.</summary>
internal sealed class ProviderAssembly(List<FoundValue> found, Dictionary<string, FoundValue> inForce, Dictionary<FoundValue, string> notes, List<string> warnings, List<string> errors)
{
    private static readonly (string Name, string SettingName)[] Adopted = [("neon", SettingNames.NeonUrl), ("railway", SettingNames.RailwayUrl), ("supabase", SettingNames.SupabaseHost)];

    private readonly SortedDictionary<string, ProviderOptions> _providers = new(StringComparer.Ordinal);

    public IReadOnlyList<ProviderOptions> Build()
    {
        foreach (var value in inForce.Values.Where(value => value.Name.StartsWith(SettingNames.ProviderPrefix, StringComparison.Ordinal) && SuffixOf(value.Name) is null))
            Add(value.Name[SettingNames.ProviderPrefix.Length..].ToLowerInvariant(), value, value.Value);
        foreach (var (name, setting) in Adopted) Adopt(name, setting);
        foreach (var value in inForce.Values.Where(value => value.Name.StartsWith(SettingNames.ProviderPrefix, StringComparison.Ordinal)))
            if (SuffixOf(value.Name) is { } suffix) Refine(value, suffix);
        return Order();
    }

    private static string? SuffixOf(string name) =>
        SettingNames.ProviderSuffixes.FirstOrDefault(suffix => name.EndsWith(suffix, StringComparison.Ordinal) && name.Length > SettingNames.ProviderPrefix.Length + suffix.Length);

    private void Add(string name, FoundValue value, string connection)
    {
        if (OptionsCheck.ProviderName(name) is { } problem) errors.Add($"{value.Name} ({value.Source}): {problem}");
        else _providers[name] = new ProviderOptions { Name = name, Connection = connection.Trim() };
    }

    private void Adopt(string name, string setting)
    {
        if (!inForce.TryGetValue(setting, out var value)) return;
        var own = inForce.GetValueOrDefault(SettingNames.ProviderPrefix + name.ToUpperInvariant());
        // The stronger source wins, whatever the name; within one source ours does.
        if (own is not null && (own.Source == value.Source || found.IndexOf(own) < found.IndexOf(value)))
        {
            notes[value] = $"overruled by {own.Name}";
            return;
        }
        if (own is not null) notes[own] = $"overruled by {value.Name} ({value.Source})";
        if (setting != SettingNames.SupabaseHost) Add(name, value, value.Value);
        else if (inForce.TryGetValue(SettingNames.SupabasePassword, out var password))
            Add(name, value, $"postgres://postgres:{Uri.EscapeDataString(password.Value)}@{value.Value.Trim()}{(value.Value.Contains(':', StringComparison.Ordinal) ? "" : ":5432")}/postgres");
        else
        {
            notes[value] = "not configured";
            warnings.Add($"{SettingNames.SupabaseHost} is set without {SettingNames.SupabasePassword}: supabase is not configured.");
        }
    }

    private void Refine(FoundValue value, string suffix)
    {
        var name = value.Name[SettingNames.ProviderPrefix.Length..^suffix.Length].ToLowerInvariant();
        if (!_providers.TryGetValue(name, out var provider))
        {
            notes[value] = "not used";
            warnings.Add($"{value.Name} ({value.Source}) belongs to a provider '{name}' that is not configured.");
        }
        else if (suffix == "_CONTROL") provider.ControlConnection = value.Value.Trim();
        else if (suffix == "_RELAY") provider.RelayConnection = value.Value.Trim();
        else if (suffix == "_POOL_SIZE_MAX")
        {
            if (int.TryParse(value.Value, NumberStyles.None, CultureInfo.InvariantCulture, out var size)) provider.PoolSizeMax = size;
            else errors.Add($"{value.Name} ({value.Source}) cannot be used; allowed is a number from 1 to 1000.");
        }
        else if (SettingText.Duration(value.Value) is { } time)
        {
            if (suffix == "_CONNECT_TIMEOUT") provider.ConnectTimeout = time;
            else provider.CommandTimeout = time;
        }
        else errors.Add($"{value.Name} ({value.Source}) cannot be used; allowed is a time like 500ms, 5s, 2m.");
    }

    private IReadOnlyList<ProviderOptions> Order()
    {
        var first = inForce.GetValueOrDefault(SettingNames.Provider);
        var order = inForce.GetValueOrDefault(SettingNames.Order);
        var listed = order?.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Select(name => name.ToLowerInvariant()).ToList() ?? [];
        if (listed.Count != listed.Distinct().Count()) warnings.Add($"{SettingNames.Order} names a provider twice; the first place counts.");
        var names = listed.Select(name => (Name: name, Value: order!));
        if (first is not null)
        {
            var name = first.Value.Trim().ToLowerInvariant();
            if (listed.Count > 0 && listed[0] != name) warnings.Add($"{SettingNames.Provider} and {SettingNames.Order} begin with different providers; {SettingNames.Provider} counts.");
            names = names.Prepend((name, first));
            // As in the deployments that use this name: "local" without failover is the local file and nothing else.
            if (name == OptionsCheck.Local && IsFailoverOff()) return [];
        }
        var ordered = new List<ProviderOptions>();
        foreach (var (name, value) in names.DistinctBy(entry => entry.Name))
            if (_providers.TryGetValue(name, out var provider)) ordered.Add(provider);
            else if (name != OptionsCheck.Local) Missing(name, value);
        return [.. ordered, .. _providers.Values.Except(ordered)];
    }

    private void Missing(string name, FoundValue value)
    {
        // A template's order names providers whose passwords nobody has filled in.
        if (Adopted.Any(adopted => adopted.Name == name) || found.Any(other => other.Name == SettingNames.ProviderPrefix + name.ToUpperInvariant()))
        {
            var isPlaceholder = found.Any(other => notes.GetValueOrDefault(other) == "not configured" && other.Name.Contains(name, StringComparison.OrdinalIgnoreCase));
            if (!isPlaceholder) warnings.Add($"{value.Name} ({value.Source}) names '{name}', which is not configured; it is passed over.");
            return;
        }
        var shown = OptionsCheck.ProviderName(name) is null ? $" '{name}'" : "";
        errors.Add($"{value.Name} ({value.Source}) names an unknown provider{shown}; known: {string.Join(", ", _providers.Keys.Append(OptionsCheck.Local))}.");
    }

    private bool IsFailoverOff() =>
        (inForce.GetValueOrDefault(SettingNames.FailoverPrefix + "ENABLED") ?? inForce.GetValueOrDefault(SettingNames.FailoverEnabled)) is { } enabled && SettingText.Boolean(enabled.Value) == false;
}
