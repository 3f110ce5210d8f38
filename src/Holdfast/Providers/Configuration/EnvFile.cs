using System.Globalization;
using System.Text;

namespace Holdfast.Providers.Configuration;

/// <summary>A project's <c>.env</c>: <c>KEY=value</c>, optional <c>export</c>, quotes, comments; nothing is executed or expanded.</summary>
/// <remarks>Problems name a line's number and a key, never a line's text.</remarks>
internal sealed class EnvFile
{
    public const string Name = ".env";

    private EnvFile(string path) => Path = path;

    public string Path { get; }

    public List<KeyValuePair<string, string>> Values { get; } = [];

    public List<string> Warnings { get; } = [];

    public List<string> Errors { get; } = [];

    /// <summary>The file in the folder or above it, up to the repository's root and no further; outside of a repository only in the folder itself.</summary>
    public static string? Find(string directory)
    {
        var start = System.IO.Path.GetFullPath(directory);
        var root = RepositoryFile.RootOf(start);
        for (var folder = start; folder is not null; folder = System.IO.Path.GetDirectoryName(folder))
        {
            if (System.IO.Path.Combine(folder, Name) is var path && File.Exists(path)) return path;
            if (root is null || folder == root) return null;
        }
        return null;
    }

    public static EnvFile Read(string path)
    {
        var file = new EnvFile(path);
        file.Parse(File.ReadAllText(path));
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~(UnixFileMode.UserRead | UnixFileMode.UserWrite)) is not UnixFileMode.None)
            file.Warnings.Add($"{path} can be read by others than its owner; chmod 600 {path}");
        if (RepositoryFile.IsTracked(path)) file.Warnings.Add($"{path} is tracked by git: its secrets are in every clone. git rm --cached it, add it to .gitignore, and change the passwords.");
        return file;
    }

    private void Parse(string text)
    {
        var firstLines = new Dictionary<string, int>(StringComparer.Ordinal);
        // Quoted values stay on their line: one quote that is forgotten does not swallow the rest of the file.
        var lines = text.TrimStart('\uFEFF').Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r').Trim();
            if (line.Length == 0 || line[0] == '#') continue;
            if (line.StartsWith("export ", StringComparison.Ordinal) || line.StartsWith("export\t", StringComparison.Ordinal)) line = line[7..].TrimStart();
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            var key = equals < 0 ? "" : line[..equals].TrimEnd();
            var at = string.Create(CultureInfo.InvariantCulture, $"{Path} line {i + 1}");
            if (!IsKey(key)) Errors.Add($"{at} is no KEY=value.");
            else if (ValueOf(line[(equals + 1)..].TrimStart()) is not { } value) Errors.Add($"{at}: the quotes of {key} are not closed, or something follows them.");
            else
            {
                if (!firstLines.TryAdd(key, i + 1)) Warnings.Add($"{at} sets {key} again (first in line {firstLines[key]}); the last one counts.");
                Values.RemoveAll(pair => pair.Key == key);
                Values.Add(new(key, value));
            }
        }
    }

    private static bool IsKey(string key) => key.Length > 0 && !char.IsAsciiDigit(key[0]) && key.All(c => char.IsAsciiLetterOrDigit(c) || c == '_');

    private static string? ValueOf(string text)
    {
        if (text.Length == 0) return "";
        if (text[0] is not ('\'' or '"'))
        {
            if (text[0] == '#') return "";
            for (var i = 1; i < text.Length; i++)
                if (text[i] == '#' && (text[i - 1] is ' ' or '\t')) return text[..i].TrimEnd();
            return text.TrimEnd();
        }
        var value = new StringBuilder();
        for (var i = 1; i < text.Length; i++)
        {
            if (text[i] == text[0]) return text[(i + 1)..] is var rest && (rest.Trim().Length == 0 || (rest[0] is ' ' or '\t' && rest.TrimStart()[0] == '#')) ? value.ToString() : null;
            if (text[0] == '"' && text[i] == '\\' && i + 1 < text.Length && text[i + 1] is 'n' or '"' or '\\' or '$')
                value.Append(text[++i] == 'n' ? '\n' : text[i]);
            else value.Append(text[i]);
        }
        return null;
    }
}
