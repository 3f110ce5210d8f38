using System.Text;
using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The files of one history: those that ship with this program, or those of somebody's directory.</summary>
internal sealed class MigrationSet
{
    private readonly Dictionary<MigrationVersion, MigrationFile> _undo;

    private MigrationSet(string origin, bool isShipped, IEnumerable<MigrationFile> files)
    {
        Origin = origin;
        IsShipped = isShipped;
        var all = files.ToList();
        Versioned = InOrder(all.Where(file => file.Kind == MigrationKind.Versioned));
        _undo = InOrder(all.Where(file => file.Kind == MigrationKind.Undo)).ToDictionary(file => file.Version!);
        Repeatable = [.. all.Where(file => file.Kind == MigrationKind.Repeatable).OrderBy(file => file.Script, StringComparer.Ordinal)];
        if (_undo.Keys.FirstOrDefault(version => Versioned.All(file => !file.Version!.Equals(version))) is { } alone)
            throw new SchemaException($"{_undo[alone].Script} takes back a migration {alone} that is not there. Give it the number of the one that it belongs to.");
    }

    /// <summary>Where they come from, for messages.</summary>
    public string Origin { get; }

    /// <summary>True for Holdfast's own.</summary>
    public bool IsShipped { get; }

    public IReadOnlyList<MigrationFile> Versioned { get; }

    public IReadOnlyList<MigrationFile> Repeatable { get; }

    public static MigrationSet Shipped { get; } = new("this program", true, Migration.ShippedFiles("Postgres").Select(file => MigrationFile.Parse(file.Name, file.Text)));

    public static MigrationSet Of(IEnumerable<MigrationFile> files, string origin = "this program", bool isShipped = true) => new(origin, isShipped, files);

    /// <summary>The files of a directory, not of those below it.</summary>
    /// <exception cref="SchemaException">A file that is no migration, two of one number, or another content than <c>holdfast.sum</c> says.</exception>
    /// <exception cref="DirectoryNotFoundException">It is not there.</exception>
    public static MigrationSet Read(string directory)
    {
        if (!Directory.Exists(directory)) throw new DirectoryNotFoundException($"There is no directory {directory}.");
        // By hand: a pattern is taken for V2__b.SQL on some file systems and not on others.
        var paths = Directory.GetFileSystemEntries(directory).Where(path => path.TrimEnd().EndsWith(".sql", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal).ToList();
        if (paths.Find(Directory.Exists) is { } folder) throw new SchemaException($"{folder} is a directory, and its name is that of a migration. Files of directories below are not read: rename it, or move it elsewhere.");
        var files = paths.Select(path => MigrationFile.Parse(path, Text(path))).ToList();
        if (files.GroupBy(file => file.Script, StringComparer.OrdinalIgnoreCase).FirstOrDefault(group => group.Count() > 1) is { } alike)
            throw new SchemaException($"{string.Join(" and ", alike.Select(file => file.Script))} differ only in capitals, and are one file on some machines. Rename one of them.");
        ChecksumFile.Verify(directory, files);
        return new MigrationSet(directory, false, files);
    }

    public MigrationFile? Undo(MigrationVersion version) => _undo.GetValueOrDefault(version);

    public MigrationFile? Find(MigrationVersion version) => Versioned.FirstOrDefault(file => file.Version!.Equals(version));

    private static List<MigrationFile> InOrder(IEnumerable<MigrationFile> files)
    {
        var sorted = files.OrderBy(file => file.Version).ToList();
        foreach (var (first, second) in sorted.Zip(sorted.Skip(1)))
            if (first.Version!.Equals(second.Version)) throw new SchemaException($"{first.Script} and {second.Script} have the same number; rename one of them.");
        return sorted;
    }

    private static string Text(string path)
    {
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(File.ReadAllBytes(path));
        }
        catch (DecoderFallbackException e)
        {
            throw new SchemaException($"{path} is no UTF-8 text. Convert it, for instance with iconv.", e);
        }
    }
}
