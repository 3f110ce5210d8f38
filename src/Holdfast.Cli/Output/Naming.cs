using System.Text.Json;

namespace Holdfast.Cli.Output;

/// <summary>Names of C# as JSON and the terminal spell them.</summary>
internal static class Naming
{
    /// <summary>NotFound is not_found.</summary>
    public static string Snake(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);
}
