using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Stores.Migrations;

/// <summary>
/// One numbered SQL file (Flyway's names: <c>V0001__create_tables.sql</c>) with its checksum: SHA-256 of the text without byte
/// order mark, with LF line ends and without final newlines, so that an editor's habits do not count as a change.
/// </summary>
internal sealed partial record Migration(string Script, string Version, string Description, string Sql, string Checksum)
{
    public static Migration Parse(string script, string text)
    {
        var name = FileName().Match(Path.GetFileName(script));
        if (!name.Success) throw new HoldfastException($"'{script}' is no migration; name it like V0002__what_it_does.sql.");
        var sql = Normalize(text);
        return new Migration(Path.GetFileName(script), name.Groups[1].Value, name.Groups[2].Value.Replace('_', ' '), sql, Hash(sql));
    }

    /// <summary>The migrations that ship with the library for one engine (<c>Postgres</c> or <c>Sqlite</c>), in order.</summary>
    public static IReadOnlyList<Migration> Shipped(string engine) =>
        InOrder(ShippedFiles(engine).Where(file => file.Name.StartsWith('V')).Select(file => Parse(file.Name, file.Text)));

    /// <summary>All files that ship for one engine: undo files too.</summary>
    public static IEnumerable<(string Name, string Text)> ShippedFiles(string engine)
    {
        var assembly = typeof(Migration).Assembly;
        var prefix = $"{engine}/Migrations/";
        foreach (var name in assembly.GetManifestResourceNames())
        {
            if (!name.Replace('\\', '/').StartsWith(prefix, StringComparison.Ordinal)) continue;
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!, Encoding.UTF8);
            yield return (name[prefix.Length..], reader.ReadToEnd());
        }
    }

    /// <summary>A file's text without what an editor may change unasked.</summary>
    public static string Normalize(string text) => text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd('\n');

    /// <summary>Sorted by number; two files with one number are refused.</summary>
    public static IReadOnlyList<Migration> InOrder(IEnumerable<Migration> migrations)
    {
        var sorted = migrations.OrderBy(migration => Number(migration.Version)).ToList();
        foreach (var (first, second) in sorted.Zip(sorted.Skip(1)))
            if (Number(first.Version) == Number(second.Version))
                throw new HoldfastException($"{first.Script} and {second.Script} have the same number; rename one of them.");
        return sorted;
    }

    /// <summary>Two stores with the same chain hash have the same history, file by file and byte by byte.</summary>
    public string ChainHash(string previous) => ChainHash(previous, Version, Checksum);

    public static string ChainHash(string previous, string version, string checksum) => Hash(previous + version + checksum);

    public static long Number(string version) => long.Parse(version, CultureInfo.InvariantCulture);

    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    [GeneratedRegex(@"^V(\d+)__(\w+)\.sql$")]
    private static partial Regex FileName();
}
