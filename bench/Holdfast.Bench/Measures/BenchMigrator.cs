using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;

namespace Holdfast.Bench.Measures;

/// <summary>Applies migrations that a measure has made up beside the shipped ones.</summary>
internal static class BenchMigrator
{
    /// <param name="connection">The server.</param>
    /// <param name="migrations">All of them: a set that ends before the shipped ones do is refused as incomplete.</param>
    /// <param name="through">The last version to apply; null: all.</param>
    public static SchemaMigrator Of(string connection, IEnumerable<Migration> migrations, string? through = null) => new(new MigrationTarget(
        connection, MigrationSet.Of(migrations.Select(migration => MigrationFile.Parse(migration.Script, migration.Sql))), PostgresStore.DefaultSchema, new MigrationOptions { To = through }, time: null));
}
