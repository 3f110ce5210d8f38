using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>One thing of a schema, or one that concerns it, with all that can differ between two servers.</summary>
/// <param name="Kind">What it is; see <see cref="ObjectKind"/>.</param>
/// <param name="Parent">The table that it belongs to; empty where it stands by itself.</param>
/// <param name="Name">Its name, of a function with the types of its arguments; without the schema's.</param>
/// <param name="Properties">Canonical texts by name, in order. One whose name starts with <c>~</c> is never compared.</param>
internal sealed record CatalogueObject(string Kind, string Parent, string Name, SortedDictionary<string, string> Properties)
{
    /// <summary><c>table.column</c>, or the name alone.</summary>
    public string FullName => Parent.Length == 0 ? Name : $"{Parent}.{Name}";

    public ObjectKey Key => new(Kind, Parent, Name);

    /// <summary>A property's text; empty where it has none.</summary>
    public string this[string property] => Properties.GetValueOrDefault(property, "");

    /// <summary>A property that the server wrote as SQL; it is a part of a statement and nothing more.</summary>
    /// <exception cref="UnsafeSqlException">It could be more.</exception>
    public string Sql(string property) => SqlQuote.Part(this[property]);

    public bool Has(string property) => Properties.ContainsKey(property);

    /// <summary>What is compared, in order.</summary>
    public IEnumerable<KeyValuePair<string, string>> Compared => Properties.Where(property => property.Key[0] != '~');

    /// <summary>The same with other properties; the receiver stays as it is.</summary>
    public CatalogueObject With(params ReadOnlySpan<(string Name, string? Value)> changes)
    {
        var properties = new SortedDictionary<string, string>(Properties, StringComparer.Ordinal);
        foreach (var (name, value) in changes)
        {
            if (value is null) properties.Remove(name);
            else properties[name] = value;
        }
        return this with { Properties = properties };
    }
}

/// <summary>What tells one thing of a schema from every other.</summary>
internal readonly record struct ObjectKey(string Kind, string Parent, string Name) : IComparable<ObjectKey>
{
    public int CompareTo(ObjectKey other)
    {
        var order = ObjectKind.Order(Kind).CompareTo(ObjectKind.Order(other.Kind));
        if (order == 0) order = string.CompareOrdinal(Parent, other.Parent);
        return order != 0 ? order : string.CompareOrdinal(Name, other.Name);
    }
}
