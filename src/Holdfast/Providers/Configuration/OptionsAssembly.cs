namespace Holdfast.Providers.Configuration;

/// <summary>Makes options from values that were found, the strongest source first; remembers what became of each value.</summary>
internal sealed class OptionsAssembly(HoldfastOptions options)
{
    private readonly List<FoundValue> _found = [];
    private readonly Dictionary<string, FoundValue> _inForce = new(StringComparer.Ordinal);
    private readonly Dictionary<FoundValue, string> _notes = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<FoundValue, string> _settingWarnings = new(ReferenceEqualityComparer.Instance);

    public List<string> Warnings { get; } = [];

    public List<string> Errors { get; } = [];

    /// <summary>Values of one source, weaker than all that came before.</summary>
    public void Add(IReadOnlyCollection<FoundValue> values)
    {
        foreach (var value in values)
        {
            _found.Add(value);
            if (SettingNames.IsUnknown(value.Name)) _settingWarnings[value] = SettingNames.UnknownText(value.Name);
            else if (SettingText.IsPlaceholder(value.Value)) _notes[value] = "not configured";
            else if (!_inForce.TryAdd(value.Name, value)) _notes[value] = $"overruled by {_inForce[value.Name].Source}";
        }
    }

    public bool HasSecretOf(string source) => _found.Any(value => value.Source == source && SettingMask.HoldsSecret(value));

    public HoldfastConfiguration Build()
    {
        foreach (var provider in new ProviderAssembly(_found, _inForce, _notes, Warnings, Errors).Build()) options.Providers.Add(provider);
        foreach (var value in _inForce.Values.OrderBy(value => value.Name, StringComparer.Ordinal)) Apply(value);
        foreach (var provider in options.Providers) Check(provider);
        if (Errors.Count == 0) CheckAll();
        var warnings = Warnings.Concat(_settingWarnings.Values).ToList();
        return new(options, [.. _found.Select(value => new ConfigurationSetting(value.Name, SettingMask.Of(value), value.Source, _notes.GetValueOrDefault(value), _settingWarnings.GetValueOrDefault(value)))], warnings, Errors);
    }

    private void Apply(FoundValue value)
    {
        switch (value.Name)
        {
            case SettingNames.Home: options.Home = value.Value; break;
            case SettingNames.Tenant: options.TenantId = value.Value; break;
            case SettingNames.Schema when SettingMask.Of(value) == SettingMask.Hidden: Errors.Add($"{value.Name} ({value.Source}) cannot be used: it is no name of a schema."); break;
            case SettingNames.Schema: options.Schema = value.Value; break;
            case SettingNames.LocalFile: options.LocalFile = value.Value; break;
            case SettingNames.FailoverEnabled when _inForce.ContainsKey(SettingNames.FailoverPrefix + "ENABLED"): _notes[value] = $"overruled by {SettingNames.FailoverPrefix}ENABLED"; break;
            case SettingNames.FailoverEnabled: SetFailover(value, "ENABLED"); break;
            case var name when name.StartsWith(SettingNames.FailoverPrefix, StringComparison.Ordinal): SetFailover(value, name[SettingNames.FailoverPrefix.Length..]); break;
        }
    }

    private void SetFailover(FoundValue value, string name)
    {
        if (FailoverSettings.Set(options.Failover, name, value.Value) is { } allowed) Errors.Add($"{value.Name} ({value.Source}) cannot be used; allowed is {allowed}.");
    }

    private void Check(ProviderOptions provider)
    {
        try
        {
            _ = ProviderEndpoints.Control(provider);
            Warnings.AddRange(ProviderEndpoints.Warnings(provider).Select(warning => $"provider '{provider.Name}': {warning}"));
        }
        catch (InvalidInputException e)
        {
            Errors.Add(e.Message);
        }
    }

    private void CheckAll()
    {
        try
        {
            options.Validate();
        }
        catch (InvalidInputException e)
        {
            Errors.Add(e.Message);
        }
    }
}
