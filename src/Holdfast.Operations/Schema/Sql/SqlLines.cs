namespace Holdfast.Operations.Schema.Sql;

/// <summary>The lines of a text: counted once, so that a file of many statements is not read from its beginning for each of them.</summary>
internal sealed class SqlLines(string text)
{
    private int[]? _starts;

    /// <summary>The line of a character, from 1.</summary>
    public int Of(int at)
    {
        var found = Array.BinarySearch(_starts ??= Starts(text), Math.Min(at, text.Length));
        return found >= 0 ? found + 1 : ~found;
    }

    private static int[] Starts(string text)
    {
        var starts = new List<int> { 0 };
        for (var at = text.IndexOf('\n', StringComparison.Ordinal); at >= 0; at = text.IndexOf('\n', at + 1)) starts.Add(at + 1);
        return [.. starts];
    }
}
