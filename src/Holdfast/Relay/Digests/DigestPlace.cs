using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>Which table a digest is of. Another server, another start of it or another way to hash is another place.</summary>
/// <param name="Address">Where it is, without secrets.</param>
/// <param name="SystemIdentifier">The server's own number.</param>
/// <param name="Run">The server since its start: what was lost in a crash or taken back by a restore cannot stand within one run.</param>
/// <param name="Schema">The schema.</param>
/// <param name="Table">The table.</param>
/// <param name="Deep">Whether content was hashed.</param>
internal sealed record DigestPlace(string Address, string SystemIdentifier, ServerRun Run, string Schema, Table Table, bool Deep)
{
    /// <summary>A name for a file: one for each table of a server, whenever it was started.</summary>
    public string FileName => $"{Table.Name}-{(Deep ? "deep-" : "")}{Short($"{Address}\n{SystemIdentifier}\n{Run.Database}\n{Schema}")}.digest";

    /// <summary>All that must be as it was for a digest to count.</summary>
    public string Mark => string.Create(CultureInfo.InvariantCulture,
        $"{Address}\n{SystemIdentifier}\n{Run.Database}\n{Run.StartedAt}\n{Schema}\n{Table.Name}\n{DigestQueries.Formula(Table, Deep)}");

    private static string Short(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)).AsSpan(0, 8));
}
