using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Begins a migration: its two files, with a head that says what may be said.</summary>
internal static partial class NewMigration
{
    /// <returns>The files that were made.</returns>
    /// <exception cref="SchemaException">One of them is there already.</exception>
    public static IReadOnlyList<string> Create(string directory, string name, bool timestamp, TimeProvider time)
    {
        var words = NotWord().Replace(name.Trim().ToLowerInvariant(), "_").Trim('_');
        if (words.Length is 0 or > 100) throw new InvalidInputException("name", $"'{name}' has no letters or digits to name a file with, or more than 100.");
        Directory.CreateDirectory(directory);
        var set = MigrationSet.Read(directory);
        var number = Number(set, timestamp, time);
        string[] paths = [Path.Combine(directory, $"V{number}__{words}.sql"), Path.Combine(directory, $"U{number}__{words}.sql")];
        foreach (var path in paths)
            if (File.Exists(path)) throw new SchemaException($"{path} is there already. Choose another name.");
        File.WriteAllText(paths[0], $"""
            -- holdfast:phase expand
            -- {name.Trim().ReplaceLineEndings(" ")}
            -- More for the head: transaction off (an index built concurrently), lock-timeout 500ms, statement-timeout 30s.


            """, new UTF8Encoding(false));
        File.WriteAllText(paths[1], $"-- Takes back V{number}. It is refused where rows would be lost.\n\n", new UTF8Encoding(false));
        WriteSum(directory);
        return [.. paths, Path.Combine(directory, ChecksumFile.Name)];
    }

    /// <summary>Writes <c>holdfast.sum</c> from the files as they are.</summary>
    public static string WriteSum(string directory)
    {
        var path = Path.Combine(directory, ChecksumFile.Name);
        File.Delete(path);
        var set = MigrationSet.Read(directory);
        ChecksumFile.Write(directory, set.Versioned.Concat(set.Versioned.Select(file => set.Undo(file.Version!)).OfType<MigrationFile>()).Concat(set.Repeatable));
        return path;
    }

    private static string Number(MigrationSet set, bool timestamp, TimeProvider time)
    {
        var last = set.Versioned.Count > 0 ? set.Versioned[^1].Version!.Text : "0";
        if (timestamp || last.Length == 14) return time.GetUtcNow().ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture);
        return (long.Parse(last.Split('.')[0], CultureInfo.InvariantCulture) + 1).ToString("0000", CultureInfo.InvariantCulture);
    }

    [GeneratedRegex("[^a-z0-9]+")]
    private static partial Regex NotWord();
}
