namespace Holdfast.Stores.Postgres;

/// <summary>The roles that <c>access apply</c> makes for reading: that they do not write is as it should be.</summary>
internal static class ReadingRoles
{
    private static readonly string[] Suffixes = ["_ro", "_backup", "_monitor"];

    /// <param name="user">A connection's user; a pooler may want the project's name behind a dot.</param>
    /// <param name="schema">The schema, by which its roles are named.</param>
    public static bool Contains(string? user, string schema) => user is not null && Suffixes.Any(suffix => user.Split('.')[0] == schema + suffix);
}
