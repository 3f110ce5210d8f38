using System.Text.Json;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>A thing as a query answered it, before its texts are made comparable.</summary>
internal sealed record CatalogueRow(string Kind, string Parent, string Name, SortedDictionary<string, string> Properties, string? Owner, IReadOnlyList<string>? Acl)
{
    // As they stand: names of roles, words of people, what is run again.
    private static readonly string[] Verbatim = ["~owner", "~id", "~max_query", "comment", "~default_version", "member_of", "admin_of", "~not_null_name"];

    public bool IsManaged => Kind switch
    {
        ObjectKind.Extension => ManagedNames.IsExtension(Name),
        ObjectKind.Role => ManagedNames.IsRole(Name),
        ObjectKind.DefaultPrivileges => ManagedNames.IsRole(Name),
        _ => false,
    };

    public static CatalogueRow Read(string kind, string parent, string name, string json)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string? owner = null;
        List<string>? acl = null;
        using var document = JsonDocument.Parse(json);
        foreach (var property in document.RootElement.EnumerateObject())
        {
            if (property.Value.ValueKind == JsonValueKind.Null) continue;
            if (property.Name == "acl") acl = [.. property.Value.EnumerateArray().Select(item => item.GetString()!)];
            else if (property.Name == "settings") AddSettings(properties, property.Value);
            else if (property.Name is "options" or "member_of") properties[property.Name] = string.Join('\n', property.Value.EnumerateArray().Select(TextOf).Order(StringComparer.Ordinal));
            else properties[property.Name] = TextOf(property.Value);
            if (property.Name == "~owner") owner = properties["~owner"];
        }
        return new CatalogueRow(kind, parent, name, properties, owner, acl);
    }

    public CatalogueObject Canonical(CanonicalText text, string owner)
    {
        var properties = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in Properties)
        {
            if (name == "~owner") continue;
            properties[name] = Kind == ObjectKind.Role || Verbatim.Contains(name) ? value : text.WithoutName(value);
            if (IsQuery(name)) properties[$"~portable {name}"] = text.Portable(value);
        }
        if (Properties.GetValueOrDefault("definition") is { } definition && Kind == ObjectKind.Constraint && definition.EndsWith(" NOT VALID", StringComparison.Ordinal))
            properties["definition"] = text.WithoutName(definition[..^" NOT VALID".Length]);
        // A sequence of a column has its table's owner.
        if (Owner is not null && !ObjectKind.IsPart(Kind) && !properties.ContainsKey("owned_by")) properties["owner"] = Owner == owner && Kind != ObjectKind.Schema ? GrantText.Owner : Owner;
        if (Kind == ObjectKind.Schema) properties["objects_owner"] = owner;
        if (Acl is not null && GrantText.Canonical(Acl, Owner!) is { Length: > 0 } grants) properties["grants"] = grants;
        if (Kind != ObjectKind.DefaultPrivileges) return new CatalogueObject(Kind, Parent, Kind is ObjectKind.Function or ObjectKind.Other ? text.WithoutName(Name) : Name, properties);
        var place = Properties["~in_schema"] == "true" ? "in the schema" : "everywhere";
        properties["~objects"] = ObjectsOf(Properties["~object"]);
        return new CatalogueObject(Kind, "", $"{(Owner == owner ? GrantText.Owner : Owner)} {properties["~objects"]} {place}", properties);
    }

    private bool IsQuery(string property) => (Kind, property) switch
    {
        (ObjectKind.View or ObjectKind.Rule, "definition") => true,
        (ObjectKind.Policy, "using" or "check") => true,
        (ObjectKind.Function, "body") => Properties.GetValueOrDefault("~is_query") == "true",
        _ => false,
    };

    private static void AddSettings(SortedDictionary<string, string> properties, JsonElement settings)
    {
        var kept = settings.EnumerateArray().Select(setting => setting.GetString()!).Where(setting => !ManagedNames.IsSetting(setting.Split('=')[0])).Order(StringComparer.Ordinal).ToList();
        if (kept.Count > 0) properties["settings"] = string.Join('\n', kept);
    }

    private static string ObjectsOf(string letter) => letter switch
    {
        "r" => "tables", "S" => "sequences", "f" => "functions", "T" => "types", "n" => "schemas", _ => letter,
    };

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Array => string.Join('\n', value.EnumerateArray().Select(item => item.ValueKind == JsonValueKind.Null ? "" : TextOf(item))),
        _ => value.GetRawText(),
    };
}
