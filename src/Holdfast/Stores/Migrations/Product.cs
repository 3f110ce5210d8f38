namespace Holdfast;

/// <summary>What this program is, for records that outlive it.</summary>
internal static class Product
{
    public static string Version { get; } = typeof(Product).Assembly.GetName().Version!.ToString(3);
}
