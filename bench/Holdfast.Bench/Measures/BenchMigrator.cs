using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;

namespace Holdfast.Bench.Measures;

/// <summary>Applies migrations that a measure has made up beside the shipped ones.</summary>
internal static class BenchMigrator
{
    public static SchemaMigrator Of(string connection, IEnumerable<Migration> migrations) => new(new MigrationTarget(
        connection, MigrationSet.Of(migrations.Select(migration => MigrationFile.Parse(migration.Script, migration.Sql))), PostgresStore.DefaultSchema, new MigrationOptions(), time: null));
}
