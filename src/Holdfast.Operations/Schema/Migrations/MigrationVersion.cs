using System.Globalization;
using System.Text.RegularExpressions;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>A migration's number: parts between dots or underscores, each compared as a number; 14 digits may be a time.</summary>
internal sealed partial class MigrationVersion : IComparable<MigrationVersion>, IEquatable<MigrationVersion>
{
    private readonly long[] _parts;

    private MigrationVersion(string text, long[] parts)
    {
        Text = text;
        _parts = parts;
    }

    /// <summary>As it was written, with dots.</summary>
    public string Text { get; }

    public static bool TryParse(string text, out MigrationVersion version)
    {
        version = null!;
        if (!Form().IsMatch(text)) return false;
        text = text.Replace('_', '.');
        version = new MigrationVersion(text, [.. text.Split('.').Select(part => long.Parse(part, CultureInfo.InvariantCulture))]);
        return true;
    }

    /// <exception cref="InvalidInputException">It is no number.</exception>
    public static MigrationVersion Parse(string text, string field = "version") => TryParse(text, out var version)
        ? version
        : throw new InvalidInputException(field, $"'{text}' is no migration's number; it looks like 7, 0007, 1.2 or 20261121143000.");

    /// <summary>1 and 1.0 are the same number.</summary>
    public int CompareTo(MigrationVersion? other)
    {
        if (other is null) return 1;
        for (var i = 0; i < Math.Max(_parts.Length, other._parts.Length); i++)
        {
            var order = (i < _parts.Length ? _parts[i] : 0).CompareTo(i < other._parts.Length ? other._parts[i] : 0);
            if (order != 0) return order;
        }
        return 0;
    }

    public bool Equals(MigrationVersion? other) => other is not null && CompareTo(other) == 0;

    public override bool Equals(object? obj) => Equals(obj as MigrationVersion);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        foreach (var part in _parts.Reverse().SkipWhile(part => part == 0)) hash.Add(part);
        return hash.ToHashCode();
    }

    public static bool operator <(MigrationVersion left, MigrationVersion right) => left.CompareTo(right) < 0;

    public static bool operator >(MigrationVersion left, MigrationVersion right) => left.CompareTo(right) > 0;

    public override string ToString() => Text;

    [GeneratedRegex(@"^[0-9]{1,18}([._][0-9]{1,18})*\z")]
    private static partial Regex Form();
}
