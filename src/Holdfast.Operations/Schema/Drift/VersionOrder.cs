namespace Holdfast.Operations.Schema.Drift;

/// <summary>Compares numbers of migrations part by part, as numbers: 2 before 10, 1.2 before 1.10.</summary>
internal static class VersionOrder
{
    /// <summary>A text that sorts as the number does; equal for 2 and 0002.</summary>
    public static string Key(string version)
    {
        var parts = version.Split('.', '_').Select(part => part.TrimStart('0').PadLeft(20, '0')).ToList();
        while (parts.Count > 1 && parts[^1].Trim('0').Length == 0) parts.RemoveAt(parts.Count - 1);
        return string.Join('.', parts);
    }

    public static int Compare(string first, string second) => string.CompareOrdinal(Key(first), Key(second));
}
