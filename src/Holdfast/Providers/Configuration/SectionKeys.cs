using System.Text.Json;

namespace Holdfast.Providers.Configuration;

/// <summary>Turns keys as JSON and <c>IConfiguration</c> nest them into the names of the environment, so that one place reads all.</summary>
/// <remarks>Read by hand: a binder by reflection would not survive trimming.</remarks>
internal static class SectionKeys
{
    private const string Separator = ":";

    /// <summary>The values of a JSON object by path: <c>Providers:0:Name</c>. Comments and trailing commas are accepted.</summary>
    /// <exception cref="JsonException">It is no JSON object.</exception>
    public static List<KeyValuePair<string, string?>> OfJson(string json)
    {
        using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var root = document.RootElement;
        if (root.ValueKind != JsonValueKind.Object) throw new JsonException("It is no JSON object.");
        if (root.EnumerateObject().ToList() is [{ Value.ValueKind: JsonValueKind.Object } only] && only.Name.Equals("Holdfast", StringComparison.OrdinalIgnoreCase)) root = only.Value;
        var values = new List<KeyValuePair<string, string?>>();
        Walk(root, "", values);
        return values;
    }

    /// <summary>The settings behind paths, and the paths that are none.</summary>
    public static (List<FoundValue> Values, List<string> Unknown) ToSettings(IEnumerable<KeyValuePair<string, string?>> pairs, string source)
    {
        var (values, unknown) = (new List<FoundValue>(), new List<string>());
        var providers = new SortedDictionary<string, List<(string[] Path, string Value)>>(Comparer<string>.Create(CompareKeys));
        var order = new SortedDictionary<string, string>(Comparer<string>.Create(CompareKeys));
        foreach (var (key, value) in pairs)
        {
            if (value is null) continue;
            var path = key.Split(Separator);
            switch (path[0].Replace("_", "", StringComparison.Ordinal).ToUpperInvariant())
            {
                case "PROVIDERS" when path.Length is 2 or 3:
                    if (!providers.TryGetValue(path[1], out var own)) providers[path[1]] = own = [];
                    own.Add((path[2..], value));
                    break;
                // An empty array or map arrives as an empty value of its own.
                case "PROVIDERS" or "FAILOVER" when path.Length == 1 && value.Length == 0: break;
                case "FAILOVER" when path.Length == 2 && path[1].Equals("Order", StringComparison.OrdinalIgnoreCase): order["0"] = value; break;
                case "FAILOVER" when path.Length == 3 && path[1].Equals("Order", StringComparison.OrdinalIgnoreCase): order[path[2]] = value; break;
                case "FAILOVER" when path.Length == 2 && FailoverSettings.IsKnown(Upper(path[1])): values.Add(new(SettingNames.FailoverPrefix + Upper(path[1]), value, source)); break;
                case "HOME" when path.Length == 1: values.Add(new(SettingNames.Home, value, source)); break;
                case "TENANTID" or "TENANT" when path.Length == 1: values.Add(new(SettingNames.Tenant, value, source)); break;
                case "SCHEMA" when path.Length == 1: values.Add(new(SettingNames.Schema, value, source)); break;
                case "LOCALFILE" when path.Length == 1: values.Add(new(SettingNames.LocalFile, value, source)); break;
                default: unknown.Add(key); break;
            }
        }
        var names = new List<string>();
        foreach (var (key, parts) in providers) Add(key, parts);
        var isArray = providers.Count > 0 && providers.Keys.All(key => int.TryParse(key, out _));
        var listed = order.Count > 0 ? string.Join(',', order.Values) : isArray ? string.Join(',', names) : "";
        if (listed.Length > 0) values.Add(new(SettingNames.Order, listed, source));
        return (values, unknown);

        void Add(string key, List<(string[] Path, string Value)> parts)
        {
            var name = parts.Where(part => part.Path is [var member] && member.Equals("Name", StringComparison.OrdinalIgnoreCase)).Select(part => part.Value).FirstOrDefault()
                ?? (int.TryParse(key, out var number) ? $"provider{number + 1}" : key);
            names.Add(name);
            foreach (var (path, value) in parts)
            {
                var suffix = path is [] ? "" : Upper(path[0]) switch { "CONNECTION" or "URL" => "", "CONTROL_CONNECTION" or "CONTROL" => "_CONTROL", "RELAY_CONNECTION" or "RELAY" => "_RELAY", "POOL_SIZE_MAX" => "_POOL_SIZE_MAX", "CONNECT_TIMEOUT" => "_CONNECT_TIMEOUT", "COMMAND_TIMEOUT" => "_COMMAND_TIMEOUT", "NAME" => null, _ => "?" };
                if (suffix == "?") unknown.Add($"Providers:{key}:{path[0]}");
                else if (suffix is not null) values.Add(new(SettingNames.ProviderPrefix + name.ToUpperInvariant() + suffix, value, source));
            }
        }
    }

    private static void Walk(JsonElement element, string path, List<KeyValuePair<string, string?>> values)
    {
        string At(string name) => path.Length == 0 ? name : path + Separator + name;
        if (element.ValueKind == JsonValueKind.Object) foreach (var member in element.EnumerateObject()) Walk(member.Value, At(member.Name), values);
        else if (element.ValueKind == JsonValueKind.Array) foreach (var (i, item) in element.EnumerateArray().Index()) Walk(item, At(i.ToString(System.Globalization.CultureInfo.InvariantCulture)), values);
        else if (element.ValueKind != JsonValueKind.Null) values.Add(new(path, element.ToString()));
    }

    /// <summary>HedgeDelayMin is HEDGE_DELAY_MIN.</summary>
    private static string Upper(string name) => name.Contains('_', StringComparison.Ordinal) ? name.ToUpperInvariant() : JsonNamingPolicy.SnakeCaseUpper.ConvertName(name);

    private static int CompareKeys(string? a, string? b) => int.TryParse(a, out var x) && int.TryParse(b, out var y) ? x.CompareTo(y) : StringComparer.OrdinalIgnoreCase.Compare(a, b);
}
