using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>Opens the file the way that durability needs.</summary>
internal static class SqliteConnections
{
    public static SqliteConnection Open(string path, SqliteOpenMode mode)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder
        {
            DataSource = path,
            Mode = mode,
            Pooling = false,
            DefaultTimeout = (int)SqliteStore.BusyTimeout.TotalSeconds,
        }.ConnectionString);
        try
        {
            connection.Open();
            // Full: a commit is on the disk when it returns. Secure delete: what is erased does not stay in free pages.
            Run(connection, "pragma journal_mode = wal");
            Run(connection, "pragma synchronous = full");
            Run(connection, "pragma secure_delete = fast");
            Run(connection, $"pragma busy_timeout = {(long)SqliteStore.BusyTimeout.TotalMilliseconds}");
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    public static void Run(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }
}
