using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Providers.Configuration;

/// <summary>Values as people write them.</summary>
internal static partial class SettingText
{
    /// <summary>True for what a template leaves behind: it means "not configured".</summary>
    public static bool IsPlaceholder(string value) => value.Trim() is "" || Template().IsMatch(value.Trim()) || TemplatePassword().IsMatch(value);

    /// <summary><c>500ms</c>, <c>5s</c>, <c>2m</c>, <c>3h</c>, <c>1d</c>, or a TimeSpan's text.</summary>
    public static TimeSpan? Duration(string value)
    {
        if (Amount().Match(value.Trim()) is { Success: true } match
            && double.TryParse(match.Groups[1].ValueSpan, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount))
        {
            var unit = match.Groups[2].Value switch { "ms" => 1d, "s" => 1e3, "m" => 60e3, "h" => 3600e3, _ => 86400e3 };
            return amount * unit < TimeSpan.MaxValue.TotalMilliseconds / 2 ? TimeSpan.FromMilliseconds(amount * unit) : null;
        }
        // A bare number would be days to TimeSpan and seconds to most people: refused.
        return value.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(value.Trim(), CultureInfo.InvariantCulture, out var time) ? time : null;
    }

    public static bool? Boolean(string value) => value.Trim().ToLowerInvariant() switch
    {
        "true" or "1" or "yes" or "on" => true,
        "false" or "0" or "no" or "off" => false,
        _ => null,
    };

    /// <summary>The nearest of the names, where one is near enough to be meant.</summary>
    public static string? DidYouMean(string name, IEnumerable<string> names) =>
        names.Select(known => (Name: known, Distance: Distance(name.ToUpperInvariant(), known.ToUpperInvariant()))).Where(near => near.Distance <= Math.Max(2, near.Name.Length / 5)).OrderBy(near => near.Distance).Select(near => near.Name).FirstOrDefault();

    private static int Distance(string a, string b)
    {
        var row = Enumerable.Range(0, b.Length + 1).ToArray();
        for (var i = 1; i <= a.Length; i++)
        {
            var (diagonal, left) = (row[0], i);
            row[0] = i;
            for (var j = 1; j <= b.Length; j++)
            {
                left = Math.Min(Math.Min(row[j], left) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                (diagonal, row[j]) = (row[j], left);
            }
        }
        return row[^1];
    }

    [GeneratedRegex(@"^(your[_-].*[_-]here|change[_-]?me|<.*>|xxx+|todo)$", RegexOptions.IgnoreCase)]
    private static partial Regex Template();

    // A template's URL with only its password left to fill in.
    [GeneratedRegex(@"://[^/@]*:(your[_-][^@/]*[_-]here|change[_-]?me|<[^@/]*>)@|\b(password|pwd)\s*=\s*(your[_-][^;]*[_-]here|change[_-]?me|<[^;]*>)\s*(;|$)|://<[^>]*>|\byour[_-][a-z0-9_-]*[_-]here\b", RegexOptions.IgnoreCase)]
    private static partial Regex TemplatePassword();

    [GeneratedRegex(@"^(\d{1,12}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)$")]
    private static partial Regex Amount();
}
