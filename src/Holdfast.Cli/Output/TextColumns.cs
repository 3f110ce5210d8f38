namespace Holdfast.Cli.Output;

/// <summary>Plain columns, as wide as their longest value; the last one is not padded.</summary>
internal static class TextColumns
{
    public static void Write(TextWriter writer, IReadOnlyList<string> head, IEnumerable<string[]> rows)
    {
        List<string[]> all = [[.. head], .. rows.Select(row => row.Select(OneLine).ToArray())];
        var widths = head.Select((_, i) => all.Max(row => row[i].Length)).ToArray();
        foreach (var row in all)
            writer.WriteLine(string.Join("  ", row.Select((value, i) => i == row.Length - 1 ? value : value.PadRight(widths[i]))).TrimEnd());
    }

    /// <summary>A text on one line, cut to a length that a terminal shows.</summary>
    public static string OneLine(string text) => Cut(Terminal.Safe(text.ReplaceLineEndings(" ")), 160);

    private static string Cut(string text, int lengthMax) =>
        text.Length <= lengthMax ? text : string.Concat(text.AsSpan(0, char.IsHighSurrogate(text[lengthMax - 2]) ? lengthMax - 2 : lengthMax - 1), "…");
}
