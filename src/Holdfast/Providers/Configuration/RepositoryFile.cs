using System.Buffers.Binary;
using System.Text;

namespace Holdfast.Providers.Configuration;

/// <summary>Whether git keeps a file, read from its index; no program is started for it.</summary>
internal static class RepositoryFile
{
    /// <summary>The folder above that holds <c>.git</c>; null: none.</summary>
    public static string? RootOf(string directory)
    {
        for (var folder = Path.GetFullPath(directory); folder is not null; folder = Path.GetDirectoryName(folder))
            if (Directory.Exists(Path.Combine(folder, ".git")) || File.Exists(Path.Combine(folder, ".git"))) return folder;
        return null;
    }

    public static bool IsTracked(string path)
    {
        path = Path.GetFullPath(path);
        if (RootOf(Path.GetDirectoryName(path)!) is not { } root) return false;
        var index = Path.Combine(GitFolder(root), "index");
        return File.Exists(index) && Names(File.ReadAllBytes(index)).Contains(Path.GetRelativePath(root, path).Replace('\\', '/'));
    }

    // A worktree's .git is a file that names the folder.
    private static string GitFolder(string root)
    {
        var git = Path.Combine(root, ".git");
        if (Directory.Exists(git)) return git;
        var text = File.ReadAllText(git).Trim();
        return text.StartsWith("gitdir: ", StringComparison.Ordinal) ? Path.GetFullPath(Path.Combine(root, text[8..])) : git;
    }

    /// <summary>The paths in an index of version 2, 3 or 4 with SHA-1 names; an index that is cut off ends the list.</summary>
    private static IEnumerable<string> Names(byte[] index)
    {
        if (index.Length < 12 || !index.AsSpan(0, 4).SequenceEqual("DIRC"u8)) yield break;
        var version = BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(4));
        var count = BinaryPrimitives.ReadInt32BigEndian(index.AsSpan(8));
        var at = 12;
        byte[] name = [];
        for (var i = 0; i < count && at + 62 < index.Length; i++)
        {
            var start = at;
            at += (index[at + 60] & 0x40) != 0 && version >= 3 ? 64 : 62;
            var kept = version < 4 ? 0 : Math.Max(0, name.Length - Varint(index, ref at));
            var end = Array.IndexOf(index, (byte)0, at);
            if (end < 0) yield break;
            name = [.. name[..kept], .. index[at..end]];
            yield return Encoding.UTF8.GetString(name);
            at = version < 4 ? start + ((end - start + 8) / 8 * 8) : end + 1;
        }
    }

    // Git's "offset" number: each further byte also adds one.
    private static int Varint(byte[] bytes, ref int at)
    {
        var value = bytes[at] & 0x7f;
        while ((bytes[at++] & 0x80) != 0 && at < bytes.Length) value = ((value + 1) << 7) | (bytes[at] & 0x7f);
        return value;
    }
}
