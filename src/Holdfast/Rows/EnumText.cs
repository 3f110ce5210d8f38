using System.Text;

namespace Holdfast.Rows;

/// <summary>An enum's values as stores, JSONL and commands spell them: <c>MessageUser</c> is <c>message_user</c>.</summary>
internal static class EnumText<TEnum> where TEnum : struct, Enum
{
    // Few values each: a search is as quick as a table, and a table per enum is compiled anew whenever the program starts.
    private static readonly TEnum[] Values = Enum.GetValues<TEnum>();

    private static readonly string[] Texts = Array.ConvertAll(Values, value => SnakeCase(value.ToString()));

    /// <summary>Every spelling, in the order of declaration.</summary>
    public static IReadOnlyList<string> All => Texts;

    public static string Of(TEnum value) => Array.IndexOf(Values, value) is >= 0 and var place
        ? Texts[place]
        : throw new InvalidInputException(SnakeCase(typeof(TEnum).Name), $"'{value}' is none of: {string.Join(", ", All)}.");

    public static bool TryParse(string? text, out TEnum value)
    {
        var place = Array.IndexOf(Texts, text);
        value = place >= 0 ? Values[place] : default;
        return place >= 0;
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
