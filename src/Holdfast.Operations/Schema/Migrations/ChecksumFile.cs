using System.Text;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>
/// <c>holdfast.sum</c>: the checksums of a directory's files below one of them all. Its first line changes with every file, so two
/// branches that both add a migration meet in a merge conflict instead of in production.
/// </summary>
internal static class ChecksumFile
{
    public const string Name = "holdfast.sum";

    /// <summary>Writes it anew from the files that are there.</summary>
    public static void Write(string directory, IEnumerable<MigrationFile> files) =>
        File.WriteAllText(Path.Combine(directory, Name), Text(files), new UTF8Encoding(false));

    /// <summary>Compares it with the files, where there is one.</summary>
    /// <exception cref="SchemaException">They differ.</exception>
    public static void Verify(string directory, IReadOnlyList<MigrationFile> files)
    {
        var path = Path.Combine(directory, Name);
        if (!File.Exists(path)) return;
        var said = File.ReadAllText(path).Replace("\r\n", "\n", StringComparison.Ordinal);
        if (said == Text(files)) return;
        var sums = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in said.Split('\n', StringSplitOptions.RemoveEmptyEntries).Skip(1))
            if (line.Split(' ') is [var name, var sum]) sums[name] = sum;
        var here = files.ToDictionary(file => file.Script, file => file.Checksum, StringComparer.Ordinal);
        var differences = here.Where(file => !sums.ContainsKey(file.Key)).Select(file => $"{file.Key} is not in it")
            .Concat(sums.Keys.Where(name => !here.ContainsKey(name)).Select(name => $"{name} is missing"))
            .Concat(here.Where(file => sums.TryGetValue(file.Key, out var sum) && sum != file.Value).Select(file => $"{file.Key} has another content"))
            .DefaultIfEmpty("its lines were changed, or a merge was not finished");
        throw new SchemaException($"{path} does not agree with the files: {string.Join(", ", differences)}. Look at what changed; if it is meant, write it anew: holdfast schema new --sum --directory {directory}");
    }

    private static string Text(IEnumerable<MigrationFile> files)
    {
        var lines = string.Concat(files.OrderBy(file => file.Script, StringComparer.Ordinal).Select(file => $"{file.Script} {file.Checksum}\n"));
        return $"{Migration.Hash(lines)}\n{lines}";
    }
}
