using System.Collections.Frozen;
using System.Text;

namespace Holdfast.Rows;

/// <summary>An enum's values as stores, JSONL and commands spell them: <c>MessageUser</c> is <c>message_user</c>.</summary>
internal static class EnumText<TEnum> where TEnum : struct, Enum
{
    private static readonly FrozenDictionary<TEnum, string> Texts =
        Enum.GetValues<TEnum>().ToFrozenDictionary(value => value, value => SnakeCase(value.ToString()));

    private static readonly FrozenDictionary<string, TEnum> Values =
        Texts.ToFrozenDictionary(pair => pair.Value, pair => pair.Key, StringComparer.Ordinal);

    /// <summary>Every spelling, in the order of declaration.</summary>
    public static IReadOnlyList<string> All { get; } = [.. Enum.GetValues<TEnum>().Select(value => Texts[value])];

    public static string Of(TEnum value) => Texts.TryGetValue(value, out var text)
        ? text
        : throw new InvalidInputException(SnakeCase(typeof(TEnum).Name), $"'{value}' is none of: {string.Join(", ", All)}.");

    public static bool TryParse(string? text, out TEnum value)
    {
        value = default;
        return text is not null && Values.TryGetValue(text, out value);
    }

    private static string SnakeCase(string name)
    {
        var text = new StringBuilder();
        foreach (var c in name)
        {
            if (char.IsAsciiLetterUpper(c) && text.Length > 0) text.Append('_');
            text.Append(char.ToLowerInvariant(c));
        }
        return text.ToString();
    }
}
