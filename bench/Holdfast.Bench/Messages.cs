using System.Text;
using Holdfast.Rows;

namespace Holdfast.Bench;

/// <summary>Messages of about 300 bytes, of words that come up as unevenly as words do.</summary>
internal static class Messages
{
    public const int Bytes = 300;
    public const string Tenant = "default";

    private static readonly string[] Syllables = ["ba", "ren", "to", "mi", "sal", "ke", "dor", "in", "fu", "la", "ster", "ga", "po", "ne", "vi", "ru"];
    private static readonly string[] Vocabulary = [.. Enumerable.Range(0, 4096).Select(i => Syllables[i & 15] + Syllables[i >> 4 & 15] + Syllables[i >> 8])];
    private static readonly string[] Pool = [.. Enumerable.Range(0, 2000).Select(Make)];

    public static string Text(int i) => Pool[i % Pool.Length];

    /// <summary>The row that an append of that text makes.</summary>
    public static Row Row(Clock clock, string session, int i)
    {
        var stamp = clock.Next();
        return new Row(Tables.SessionMemories, Tenant, stamp.Value, stamp, "user", session, null, clock.Now, ["message_user", null, $"\"{Text(i)}\"", null]);
    }

    private static string Make(int seed)
    {
        var random = new Random(seed);
        var text = new StringBuilder();
        while (text.Length < Bytes)
            text.Append(Vocabulary[(int)(Math.Pow(random.NextDouble(), 3) * Vocabulary.Length)]).Append(' ');
        return text.ToString(0, Bytes);
    }
}
