using Holdfast.Stores.Sqlite;
using Microsoft.Data.Sqlite;

namespace Holdfast.Chaos.Checking;

/// <summary>What still waits in a local file, read with plain SQL.</summary>
internal static class SpoolCheck
{
    private const string Waiting = "select table_name, lower(hex(id)), holders from spool where instr(holders, $1) = 0 order by spooled_at limit 20";

    /// <summary>Each row that a provider has not confirmed.</summary>
    public static IReadOnlyList<string> Problems(string home, IEnumerable<string> providers)
    {
        // The engine is the operating system's; the product knows where it is.
        SqliteEngine.EnsureLoaded();
        var file = HoldfastHome.LocalFile(home);
        if (!File.Exists(file)) return [];
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false }.ConnectionString);
        connection.Open();
        var problems = new List<string>();
        foreach (var provider in providers)
        {
            using var command = connection.CreateCommand();
            command.CommandText = Waiting;
            command.Parameters.AddWithValue("$1", $",{provider},");
            using var reader = command.ExecuteReader();
            while (reader.Read())
                problems.Add($"spool: {Path.GetFileName(home)} still has {reader.GetString(0)} row {reader.GetString(1)} for {provider} (confirmed by: {reader.GetString(2).Trim(',')})");
        }
        return problems;
    }
}
