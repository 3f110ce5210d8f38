using System.Security.Cryptography;
using System.Text;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>A schema as a server's catalogue has it, and what concerns it in the database around it.</summary>
/// <param name="Facts">Where and when it was read.</param>
/// <param name="Objects">Everything, by kind, parent and name.</param>
/// <param name="History">The rows of <c>schema_versions</c>, in order; empty where there is none.</param>
internal sealed record CatalogueSnapshot(CatalogueFacts Facts, IReadOnlyDictionary<ObjectKey, CatalogueObject> Objects, IReadOnlyList<HistoryEntry> History)
{
    /// <summary>Which thing needs which before it can be made, by their <c>~id</c>.</summary>
    public ILookup<string, string> Needs { get; init; } = Array.Empty<string>().ToLookup(id => id);

    public IEnumerable<CatalogueObject> InOrder => Objects.Values.OrderBy(one => one.Key);

    public IEnumerable<CatalogueObject> Of(string kind) => InOrder.Where(one => one.Kind == kind);

    public CatalogueObject? Find(string kind, string parent, string name) => Objects.GetValueOrDefault(new ObjectKey(kind, parent, name));

    /// <summary>What belongs to a table, in order.</summary>
    public IEnumerable<CatalogueObject> PartsOf(string table) => InOrder.Where(one => one.Parent == table && ObjectKind.IsPart(one.Kind));

    public bool Exists => Find(ObjectKind.Schema, "", CanonicalText.Schema) is not null;

    /// <summary>
    /// SHA-256 over what the schema holds, in hexadecimal: equal on two servers whose schemas are equal, whatever their major.
    /// What stands outside of the schema (roles, extensions, settings of the database), comments, the order of columns and how far sequences are do not count.
    /// </summary>
    public string Fingerprint
    {
        get
        {
            var text = new StringBuilder();
            foreach (var one in InOrder)
            {
                if (ObjectKind.IsOutside(one.Kind)) continue;
                text.Append(one.Kind).Append('\t').Append(one.FullName).Append('\n');
                foreach (var (name, value) in one.Compared)
                {
                    if (name is "comment" or "position" or "behind" or "valid" || (one.Kind == ObjectKind.Schema && name is "owner" or "objects_owner")) continue;
                    text.Append("  ").Append(name).Append('\t').Append(one.Properties.GetValueOrDefault($"~portable {name}", value).ReplaceLineEndings("\n    ")).Append('\n');
                }
            }
            return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
        }
    }
}

/// <summary>Where a snapshot was read.</summary>
/// <param name="Schema">The schema's name there.</param>
/// <param name="Major">PostgreSQL's major.</param>
/// <param name="Version">PostgreSQL's version as it prints it.</param>
/// <param name="SystemIdentifier">The server's, null where it may not be read.</param>
/// <param name="Database">The database's name.</param>
/// <param name="Role">Who read.</param>
/// <param name="Owner">Who owns most of the schema; <c>(owner)</c> in the objects.</param>
internal sealed record CatalogueFacts(string Schema, int Major, string Version, string? SystemIdentifier, string Database, string Role, string Owner)
{
    /// <summary>There is a history, and who read may not read it.</summary>
    public bool IsHistoryHidden { get; init; }

    /// <summary>All schemas of the database, PostgreSQL's own too.</summary>
    public IReadOnlyList<string> Schemas { get; init; } = [];
}

/// <summary>A row of <c>schema_versions</c>.</summary>
internal sealed record HistoryEntry(string? Version, string Kind, string State, string Checksum, string ChainHash, string Script);
