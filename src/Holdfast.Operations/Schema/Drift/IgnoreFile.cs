namespace Holdfast.Operations.Schema.Drift;

/// <summary>Findings that somebody has looked at and accepted: a line each, the cache key, two spaces or a tab, <c>#</c> and the reason.</summary>
internal sealed class IgnoreFile
{
    private readonly Dictionary<string, string> _reasons = new(StringComparer.Ordinal);

    /// <exception cref="InvalidInputException">A line gives no reason.</exception>
    public static IgnoreFile Parse(string text)
    {
        var file = new IgnoreFile();
        var lines = text.ReplaceLineEndings("\n").Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            var line = lines[i].Trim();
            if (line.Length == 0 || line.StartsWith('#')) continue;
            var at = line.IndexOf(" #", StringComparison.Ordinal) is >= 0 and var space ? space : line.IndexOf("\t#", StringComparison.Ordinal);
            if (at < 0 || line[(at + 2)..].Trim().Length == 0)
                throw new InvalidInputException("ignore-file", $"line {i + 1} gives no reason; write the finding's cache_key, then # and why it may be.");
            file._reasons[line[..at].Trim()] = line[(at + 2)..].Trim();
        }
        return file;
    }

    public bool Covers(DriftFinding finding) => Covers(finding.CacheKey);

    /// <param name="cacheKey">Class, kind and name of what would be found.</param>
    public bool Covers(string cacheKey) => _reasons.ContainsKey(cacheKey);

    /// <summary>Lines that cover nothing any more, so that the file does not hide the next one.</summary>
    public IEnumerable<string> Unused(IEnumerable<DriftFinding> findings) => _reasons.Keys.Except(findings.Select(finding => finding.CacheKey));
}
