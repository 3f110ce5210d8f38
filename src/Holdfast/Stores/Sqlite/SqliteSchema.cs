using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>Brings the local file's schema up to date when it is opened: each migration in one transaction with its record.</summary>
internal static class SqliteSchema
{
    private const string Record = """
        insert into schema_versions (installed_rank, version, description, kind, script, checksum, chain_hash, state, statements, last_statement, applied_by, tool_version, host, started_at, finished_at)
        values ($1, $2, $3, 'V', $4, $5, $6, 'applied', 0, 0, $7, $8, $9, $10, $11)
        """;

    public static void Migrate(SqliteConnection connection, string path, TimeProvider time)
    {
        var shipped = Migration.Shipped("Sqlite");
        if (Pending(connection, path, shipped).Count == 0) return;
        // Another process may be at the same: whoever gets the write lock first does it, the others find it done.
        using var transaction = connection.BeginTransaction(deferred: false);
        foreach (var (migration, rank, chain) in Pending(connection, path, shipped))
        {
            var started = time.GetUtcNow();
            SqliteConnections.Run(connection, migration.Sql);
            using var command = connection.CreateCommand();
            command.CommandText = Record;
            object[] values = [rank, migration.Version, migration.Description, migration.Script, migration.Checksum, chain,
                Environment.UserName, Product.Version, Environment.MachineName, started, time.GetUtcNow()];
            for (var i = 0; i < values.Length; i++) command.Parameters.AddWithValue($"${i + 1}", SqliteTypes.Wire(values[i]));
            command.ExecuteNonQuery();
        }
        transaction.Commit();
    }

    private static List<(Migration Migration, int Rank, string Chain)> Pending(SqliteConnection connection, string path, IReadOnlyList<Migration> shipped)
    {
        var applied = Applied(connection);
        var pending = new List<(Migration, int, string)>();
        var chain = "";
        for (var i = 0; i < Math.Max(shipped.Count, applied.Count); i++)
        {
            if (i >= shipped.Count)
                throw new SchemaException($"{path} was written by a newer Holdfast (it has migration {applied[i].Version}, this program knows up to {shipped[^1].Version}). Update this program.");
            if (i < applied.Count && applied[i].Checksum != shipped[i].Checksum)
                throw new SchemaException($"{path}: migration {applied[i].Version} is not the one that this program ships. The file was made by another build; open it with that one and export.");
            chain = shipped[i].ChainHash(chain);
            if (i >= applied.Count) pending.Add((shipped[i], i + 1, chain));
        }
        return pending;
    }

    private static List<(string Version, string Checksum)> Applied(SqliteConnection connection)
    {
        using var exists = connection.CreateCommand();
        exists.CommandText = "select count(*) from sqlite_schema where name = 'schema_versions'";
        var applied = new List<(string, string)>();
        if ((long)exists.ExecuteScalar()! == 0) return applied;
        using var command = connection.CreateCommand();
        command.CommandText = "select version, checksum from schema_versions order by installed_rank";
        using var reader = command.ExecuteReader();
        while (reader.Read()) applied.Add((reader.GetString(0), reader.GetString(1)));
        return applied;
    }
}
