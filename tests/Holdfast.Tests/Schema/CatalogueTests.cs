using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;
using Holdfast.Tests.Stores;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Schema;

/// <summary>Replays the migrations on both engines: the result is the catalogue, column by column.</summary>
public sealed class CatalogueTests
{
    public static TheoryData<Place> Servers => [Place.Postgres, Place.NewerPostgres];

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task the_migrations_make_the_catalogue_in_postgresql(Place place)
    {
        var schema = await TestPlaces.SchemaAsync(place);
        var found = await LinesAsync(place, """
            select c.relname || '.' || a.attname || ' ' || format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
              || case when k.at is null then '' else ' key ' || k.at end
            from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
              left join pg_constraint p on p.conrelid = c.oid and p.contype = 'p'
              left join lateral unnest(p.conkey) with ordinality k(num, at) on k.num = a.attnum
            where c.relnamespace = $1::regnamespace and c.relkind in ('r', 'p') order by c.relname collate "C", a.attnum
            """, schema);
        Assert.Equal(Expected(column => Nominal(PostgresTypes.Sql(column.Type)), _ => true), found);
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task checks_in_postgresql_allow_just_the_values_of_the_enums(Place place)
    {
        var schema = await TestPlaces.SchemaAsync(place);
        var found = await LinesAsync(place, """
            select c.conrelid::regclass::oid::regclass::text || '|' || c.conname || '|' || pg_get_constraintdef(c.oid)
            from pg_constraint c where c.connamespace = $1::regnamespace and c.contype = 'c' order by 1
            """, schema);
        var read = found.Select(line => line.Split('|')).Select(parts => (Name: parts[1], Values: Quoted(parts[2])));
        Assert.Equal(Checks(), read.ToDictionary(check => check.Name, check => check.Values).OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {pair.Value}"));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task postgresql_has_no_foreign_keys_no_other_unique_index_and_no_triggers(Place place)
    {
        var schema = await TestPlaces.SchemaAsync(place);
        Assert.Empty(await LinesAsync(place, "select conname::text from pg_constraint where connamespace = $1::regnamespace and contype not in ('p', 'c', 'n')", schema));
        Assert.Empty(await LinesAsync(place, "select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid where c.relnamespace = $1::regnamespace and i.indisunique and not i.indisprimary", schema));
        Assert.Empty(await LinesAsync(place, "select tgname::text from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relnamespace = $1::regnamespace and not t.tgisinternal", schema));
        Assert.Empty(await LinesAsync(place, "select c.relname::text from pg_class c where c.relnamespace = $1::regnamespace and c.relkind = 'S'", schema));
    }

    [Theory]
    [MemberData(nameof(Servers))]
    public async Task every_index_of_a_merged_table_but_the_feed_and_the_full_text_starts_with_the_tenant(Place place)
    {
        var schema = await TestPlaces.SchemaAsync(place);
        var others = await LinesAsync(place, """
            select i.indexrelid::regclass::text from pg_index i join pg_class c on c.oid = i.indrelid
            where c.relnamespace = $1::regnamespace and exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname = 'stamp')
              and (select attname from pg_attribute a where a.attrelid = c.oid and a.attnum = i.indkey[0]) is distinct from 'tenant_id'
            """, schema);
        Assert.All(others, index => Assert.Matches("_(feed|text)_idx$", index));
    }

    [Fact]
    public void the_migrations_make_the_catalogue_in_the_local_file()
    {
        using var connection = LocalFile();
        var found = new List<string>();
        foreach (var table in Tables.OfLocalFile.OrderBy(table => table.Name, StringComparer.Ordinal))
            found.AddRange(Lines(connection, $"""
                select '{table.Name}.' || name || ' ' || type || case when "notnull" then ' not null' else '' end || case when pk > 0 then ' key ' || pk else '' end
                from pragma_table_info('{table.Name}') order by cid
                """));
        // The feed counter must be the primary key there (AUTOINCREMENT), so the catalogue's key is a unique index, and the
        // feed stands first. A losing row needs no column to travel in.
        var expected = Tables.OfLocalFile.OrderBy(table => table.Name, StringComparer.Ordinal).SelectMany(table => table.Kind != TableKind.Append
            ? Lines(table, table.Columns, SqliteType, table.PrimaryKey)
            : [$"{table.Name}.feed INTEGER key 1", .. Lines(table, table.Columns.Where(column => column.Name is not ("loser" or "feed")), SqliteType, [])]);
        Assert.Equal(expected, found);
    }

    [Fact]
    public void the_local_file_is_strict_and_has_the_catalogues_tables_keys_and_checks_only()
    {
        using var connection = LocalFile();
        var tables = Lines(connection, "select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' order by name");
        Assert.Equal(Tables.OfLocalFile.Select(table => table.Name).Order(StringComparer.Ordinal), tables);
        Assert.Empty(Lines(connection, "select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\\_%' escape '\\' and strict = 0"));
        foreach (var table in Tables.OfLocalFile)
        {
            Assert.Empty(Lines(connection, $"select \"table\" from pragma_foreign_key_list('{table.Name}')"));
            var unique = Lines(connection, $"select (select group_concat(name, ',') from pragma_index_info(i.name)) from pragma_index_list('{table.Name}') i where i.\"unique\"");
            Assert.Equal([string.Join(',', table.PrimaryKey)], unique);
        }
        var checks = Lines(connection, "select sql from sqlite_schema where type = 'table'")
            .SelectMany(sql => sql.Split('\n').Where(line => line.Contains(" check (", StringComparison.Ordinal)))
            .Select(line => (Name: line.Trim().Split(' ')[1], Values: Quoted(line)));
        Assert.Equal(Checks(), checks.OrderBy(check => check.Name, StringComparer.Ordinal).Select(check => $"{check.Name}: {check.Values}"));
    }

    private static SqliteConnection LocalFile()
    {
        var path = HoldfastHome.LocalFile(TestPlaces.NewFolder());
        SqliteStore.Open(path, TimeProvider.System).DisposeAsync().AsTask().GetAwaiter().GetResult();
        var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        return connection;
    }

    private static IEnumerable<string> Expected(Func<Column, string> type, Func<Column, bool> has) =>
        Tables.All.OrderBy(table => table.Name, StringComparer.Ordinal).SelectMany(table => Lines(table, table.Columns.Where(has), type, table.PrimaryKey));

    private static IEnumerable<string> Lines(Table table, IEnumerable<Column> columns, Func<Column, string> type, IReadOnlyList<string> key) =>
        columns.Select(column => string.Create(CultureInfo.InvariantCulture,
            $"{table.Name}.{column.Name} {type(column)}{(column.Required ? " not null" : "")}{(key.ToList().IndexOf(column.Name) is >= 0 and var at ? $" key {at + 1}" : "")}"));

    private static string SqliteType(Column column) => SqliteTypes.Sql(column.Type);

    private static string Nominal(string type) => type == "timestamptz" ? "timestamp with time zone" : type;

    private static IEnumerable<string> Checks() => Tables.All.SelectMany(table => table.Columns.Where(column => column.Allowed is not null)
        .Select(column => $"{table.Name}_{column.Name}_check: {string.Join(' ', column.Allowed!)}")).Order(StringComparer.Ordinal);

    private static string Quoted(string text) => string.Join(' ', text.Split('\'').Where((_, i) => i % 2 == 1));

    private static async Task<IReadOnlyList<string>> LinesAsync(Place place, string sql, string schema)
    {
        await using var source = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(place));
        await using var command = source.CreateCommand(sql);
        command.Parameters.Add(new NpgsqlParameter { Value = schema });
        await using var reader = await command.ExecuteReaderAsync();
        var lines = new List<string>();
        while (await reader.ReadAsync()) lines.Add(reader.GetString(0));
        return lines;
    }

    private static List<string> Lines(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var lines = new List<string>();
        while (reader.Read()) lines.Add(reader.GetString(0));
        return lines;
    }
}
