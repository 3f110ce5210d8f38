using Holdfast.Operations.Schema.Indexes;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Indexes;

public sealed class IndexTests
{
    private const string Declared = "session_memories_session_id_stamp_idx";

    // A user's own tables, with one of each thing that can be wrong.
    private const string Shop = """
        create schema shop;
        create table shop.customers (id bigint primary key, email text unique, "Second Name" text);
        create table shop.orders (id bigint primary key, customer_id bigint references shop.customers, region text, note text);
        insert into shop.customers select g, g || '@example.org' from generate_series(1, 100) g;
        insert into shop.orders select g, g % 100 + 1, 'north', 'x' || g % 10 from generate_series(1, 1000) g;
        create index orders_region_idx on shop.orders (region);
        create index orders_region_again_idx on shop.orders (region);
        create index orders_note_idx on shop.orders (note);
        create index orders_note_region_idx on shop.orders (note, region);
        create index orders_partial_idx on shop.orders (note) where region = 'south';
        create index customers_email_again_idx on shop.customers (email);
        """;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static async Task<IReadOnlyList<IndexFinding>> FindingsAsync(SchemaDatabase database, string schema) =>
        IndexJudge.Run(await new IndexInspection(database.Settings, schema).RunAsync(Token), []);

    private static IndexBuild Build(SchemaDatabase database, string? name, string schema = "holdfast") => new(database.Settings, schema) { Name = name };

    private static IndexDrop Drop(SchemaDatabase database, string name, string schema = "shop") => new(database.Settings, schema, name);

    private static Task<bool> IsValidAsync(SchemaDatabase database, string index) => database.ScalarAsync<bool>($"select indisvalid and indisready from pg_index where indexrelid = '{index}'::regclass");

    private static Task<long> InvalidAsync(SchemaDatabase database) => database.ScalarAsync<long>("select count(*) from pg_index where not indisvalid");

    // Two rows that are the same make a unique index fail in the middle and leave it invalid, as in life.
    private static async Task LeaveInvalidAsync(SchemaDatabase database, string name) =>
        Assert.Equal("23505", (await Assert.ThrowsAsync<PostgresException>(() => database.ExecuteAsync($"create unique index concurrently {name} on shop.orders (region)"))).SqlState);

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task nothing_is_found_in_our_own_schema_and_each_thing_that_is_wrong_is_found_in_another(PostgresVersion version)
    {
        var database = await SchemaDatabase.CreateAsync(version);
        var ours = await new IndexInspection(database.Settings, "holdfast").RunAsync(Token);
        Assert.Empty(IndexJudge.Run(ours, []));
        Assert.True(ours.Declared.Count > 30, "the migrations declare indexes");
        Assert.All(ours.Declared, declared => Assert.Contains(ours.Live, live => live.Name == declared.Name && live.Table == declared.Table));

        await database.ExecuteAsync(Shop);
        await LeaveInvalidAsync(database, "orders_broken_idx");
        await LeaveInvalidAsync(database, "orders_region_idx_ccnew");
        await database.ExecuteAsync("drop index holdfast.session_memories_session_id_stamp_idx");
        Assert.Equal(
            ["missing_declared session_memories_session_id_stamp_idx"],
            (await FindingsAsync(database, "holdfast")).Select(Text));
        Assert.Equal(
            [
                "covered orders_note_idx", "duplicate customers_email_again_idx", "duplicate orders_region_idx", "invalid orders_broken_idx", "invalid orders_region_idx_ccnew",
                "missing_for_foreign_key orders_customer_id_idx", "unused orders_note_idx", "unused orders_note_region_idx", "unused orders_partial_idx", "unused orders_region_again_idx",
            ],
            (await FindingsAsync(database, "shop")).Select(Text).Order(StringComparer.Ordinal));

        static string Text(IndexFinding finding) => $"{System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(finding.Kind.ToString())} {finding.Index}";
    }

    [Fact]
    public async Task an_index_that_any_provider_uses_is_not_called_unused()
    {
        var (first, second) = (await SchemaDatabase.CreateAsync(), await SchemaDatabase.CreateAsync());
        foreach (var database in (SchemaDatabase[])[first, second]) await database.ExecuteAsync(Shop);
        await second.ExecuteAsync("set enable_seqscan = off; select count(*) from shop.orders where note = 'x1'; select pg_stat_force_next_flush()");
        async Task<SchemaIndexes> ReadAsync(SchemaDatabase database) => await new IndexInspection(database.Settings, "shop").RunAsync(Token);
        await Wait.UntilAsync(async () => (await ReadAsync(second)).Live.Any(live => live.Scans > 0 && live.Name.StartsWith("orders_note", StringComparison.Ordinal)), "the scan is counted");
        var used = (await ReadAsync(second)).Live.First(live => live.Scans > 0 && live.Name.StartsWith("orders_note", StringComparison.Ordinal)).Name;
        Assert.Contains(IndexJudge.Run(await ReadAsync(first), []), finding => finding.Index == used && finding.Kind == IndexFindingKind.Unused);
        Assert.DoesNotContain(IndexJudge.Run(await ReadAsync(first), [await ReadAsync(second)]), finding => finding.Index == used && finding.Kind == IndexFindingKind.Unused);
    }

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    public async Task what_is_missing_or_invalid_is_built_and_valid_afterwards(PostgresVersion version)
    {
        var database = await SchemaDatabase.CreateAsync(version);
        var before = await database.ScalarAsync<string>($"select pg_get_indexdef('holdfast.{Declared}'::regclass)");
        await database.ExecuteAsync($"drop index holdfast.{Declared}");
        Assert.NotNull((await Build(database, Declared).RunAsync(null, Token)).Milliseconds);
        Assert.Equal(before, await database.ScalarAsync<string>($"select pg_get_indexdef('holdfast.{Declared}'::regclass)"));
        Assert.Empty((await Build(database, Declared).RunAsync(null, Token)).Statements);

        await database.ExecuteAsync($"update pg_index set indisvalid = false where indexrelid = 'holdfast.{Declared}'::regclass");
        Assert.Equal(2, (await Build(database, Declared).PlanAsync(Token)).Statements.Count);
        Assert.False(await IsValidAsync(database, $"holdfast.{Declared}"));
        await Build(database, Declared).RunAsync(null, Token);
        Assert.True(await IsValidAsync(database, $"holdfast.{Declared}"));

        await database.ExecuteAsync(Shop);
        await Build(database, "orders_customer_id_idx", "shop").RunAsync(null, Token);
        Assert.DoesNotContain(await FindingsAsync(database, "shop"), finding => finding.Kind == IndexFindingKind.MissingForForeignKey);
        await new IndexBuild(database.Settings, "shop") { Name = null, Table = "customers", Columns = ["Second Name", "id"] }.RunAsync(null, Token);
        Assert.True(await IsValidAsync(database, "shop.\"customers_Second Name_id_idx\""));
    }

    [Fact]
    public async Task advice_for_a_partitioned_table_can_be_followed_with_names_and_schema_as_a_shell_takes_them()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync("""
            create schema shop; create table shop.regions (id bigint primary key);
            create table shop."Big Sales" (id bigint, "Region Id" bigint references shop.regions) partition by range (id);
            create table shop.sales_1 partition of shop."Big Sales" for values from (0) to (100);
            """);
        var remedy = Assert.Single(await FindingsAsync(database, "shop")).Remedy;
        const string Whole = "create index \"Big Sales_Region Id_idx\" on \"shop\".\"Big Sales\" (\"Region Id\")";
        Assert.Equal($"holdfast schema index build --table sales_1 --columns 'Region Id' --schema shop; then as its owner, which takes those of the partitions: {Whole}", remedy);
        var refused = await Assert.ThrowsAsync<SchemaException>(() => new IndexBuild(database.Settings, "shop") { Name = null, Table = "Big Sales", Columns = ["Region Id"] }.RunAsync(null, Token));
        Assert.Contains("--table sales_1 --columns 'Region Id' --schema shop", refused.Message, StringComparison.Ordinal);
        await new IndexBuild(database.Settings, "shop") { Name = null, Table = "sales_1", Columns = ["Region Id"] }.RunAsync(null, Token);
        await database.ExecuteAsync(Whole);
        Assert.Empty(await FindingsAsync(database, "shop"));
    }

    [Fact]
    public async Task an_index_that_is_there_under_another_name_is_not_built_again()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"{Shop}; create index customers_name_idx on shop.customers (\"Second Name\" desc)");
        async Task<IndexChange> BuildAsync(string table, params string[] columns) => await new IndexBuild(database.Settings, "shop") { Name = null, Table = table, Columns = columns }.RunAsync(null, Token);
        foreach (var (table, column, same) in ((string, string, string?)[])[("customers", "email", "customers_email_key"), ("customers", "id", "customers_pkey"), ("customers", "Second Name", null)])
        {
            var change = await BuildAsync(table, column);
            Assert.Equal((same, same is null ? 1 : 0), (change.ThereAs, change.Statements.Count));
        }
        Assert.Equal("orders_note_region_idx", (await BuildAsync("orders", "note", "region")).Index);
        Assert.Null((await BuildAsync("orders", "region", "note")).ThereAs);
    }

    [Fact]
    public async Task a_build_that_cannot_be_is_refused_before_anything()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Shop);
        await LeaveInvalidAsync(database, "orders_region_idx_ccnew");
        await Assert.ThrowsAsync<UnknownIndexException>(() => Build(database, "nobody_knows_idx").PlanAsync(Token));
        foreach (var (table, columns) in ((string, string[])[])[("orders", ["no_such"]), ("no_such", ["id"]), ("orders\"; drop table shop.orders; --", ["id"]), ("orders", ["id); drop table shop.orders; --"])])
            await Assert.ThrowsAsync<SchemaException>(() => new IndexBuild(database.Settings, "shop") { Name = null, Table = table, Columns = columns }.RunAsync(null, Token));
        Assert.Contains("schema index drop", (await Assert.ThrowsAsync<SchemaException>(() => Build(database, "orders_region_idx_ccnew", "shop").RunAsync(null, Token))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SchemaException>(() => new IndexBuild(database.Settings, "shop") { Name = "orders_note_idx", Table = "customers", Columns = ["Second Name"] }.RunAsync(null, Token));
    }

    [Fact]
    public async Task a_build_that_fails_leaves_nothing_invalid_and_says_so()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Shop);
        await LeaveInvalidAsync(database, "orders_broken_idx");
        var error = await Assert.ThrowsAsync<IndexBuildException>(() => Build(database, "orders_broken_idx", "shop").RunAsync(null, Token));
        Assert.Contains("23505", error.Message, StringComparison.Ordinal);
        Assert.Contains("Nothing invalid is left", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, await InvalidAsync(database));
    }

    [Theory]
    [InlineData(PostgresVersion.Debian, true)]
    [InlineData(PostgresVersion.Newer, false)]
    public async Task a_build_whose_session_is_ended_in_the_middle_or_that_is_cancelled_leaves_nothing_invalid(PostgresVersion version, bool terminated)
    {
        var database = await SchemaDatabase.CreateAsync(version);
        await database.ExecuteAsync(Shop);
        var writer = await database.HoldAsync("insert into shop.orders values (2000, 1)");
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var lines = new System.Collections.Concurrent.ConcurrentQueue<string>();
        var building = Build(database, "orders_customer_id_idx", "shop").RunAsync(lines.Enqueue, cancel.Token);
        await Wait.UntilAsync(async () => await InvalidAsync(database) == 1, "the build waits for the writer");
        await Wait.UntilAsync(() => lines.Any(line => line.Contains("waiting", StringComparison.Ordinal)), "progress is told");
        if (terminated) await database.TerminateAsync("holdfast schema index build");
        else await cancel.CancelAsync();
        // What cleans up waits for the writer too: as long as that one is there, an index cannot go.
        await writer.DisposeAsync();
        var error = await Assert.ThrowsAnyAsync<Exception>(() => building);
        Assert.True(terminated ? error is IndexBuildException : error is OperationCanceledException, error.ToString());
        Assert.Contains(lines, line => line.Contains("Nothing invalid is left", StringComparison.Ordinal));
        Assert.Equal(0, await InvalidAsync(database));
        await Build(database, "orders_customer_id_idx", "shop").RunAsync(null, Token);
        Assert.True(await IsValidAsync(database, "shop.orders_customer_id_idx"));
    }

    [Fact]
    public async Task old_transactions_are_named_before_a_build_waits_for_them()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"drop index holdfast.{Declared}");
        await using var old = await database.HoldAsync("select 1");
        await Wait.UntilAsync(async () => (await Build(database, Declared).PlanAsync(Token)).WaitsFor.Any(line => line.Contains($"process {old.ProcessID}", StringComparison.Ordinal)), "five seconds have passed");
    }

    [Fact]
    public async Task two_builds_and_a_migration_at_once_do_not_wait_for_each_other_for_ever()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"drop index holdfast.{Declared}");
        var builds = await Task.WhenAll(Build(database, Declared).RunAsync(null, Token), Build(database, Declared).RunAsync(null, Token));
        await new SchemaMigrator(database.Settings.ConnectionString).MigrateAsync(cancellationToken: Token);
        Assert.Equal([0, 1], builds.Select(build => build.Statements.Count).Order());
        Assert.True(await IsValidAsync(database, $"holdfast.{Declared}"));
    }

    [Theory]
    [InlineData("orders_pkey", "primary key")]
    [InlineData("customers_email_key", "constraint")]
    [InlineData("orders_unique_idx", "unique")]
    [InlineData("orders_replica_idx", "replica identity")]
    [InlineData("parts_region_idx", "partitioned")]
    public async Task what_something_stands_on_is_not_dropped(string index, string why)
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync($"""
            {Shop}
            create unique index orders_unique_idx on shop.orders (id, note); alter table shop.orders alter id set not null, alter region set not null;
            create unique index orders_replica_idx on shop.orders (id, region); alter table shop.orders replica identity using index orders_replica_idx;
            create table shop.parts (region text) partition by list (region); create index parts_region_idx on shop.parts (region);
            """);
        Assert.Contains(why, (await Assert.ThrowsAsync<SchemaException>(() => Drop(database, index).RunAsync(Token))).Message, StringComparison.Ordinal);
        Assert.True(await database.ScalarAsync<bool>($"select to_regclass('shop.{index}') is not null"));
    }

    [Fact]
    public async Task what_a_migration_declares_is_not_dropped_unless_it_is_invalid_and_the_rest_can_be_made_again()
    {
        var database = await SchemaDatabase.CreateAsync();
        await database.ExecuteAsync(Shop);
        Assert.Contains("V0001__create_tables.sql declares it", (await Assert.ThrowsAsync<SchemaException>(() => Drop(database, Declared, "holdfast").RunAsync(Token))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<UnknownIndexException>(() => Drop(database, "no_such_idx").RunAsync(Token));

        Assert.NotNull((await Drop(database, "orders_region_idx").PlanAsync(Token)).Again);
        Assert.True(await database.ScalarAsync<bool>("select to_regclass('shop.orders_region_idx') is not null"));
        var dropped = await Drop(database, "orders_region_idx").RunAsync(Token);
        Assert.False(await database.ScalarAsync<bool>("select to_regclass('shop.orders_region_idx') is not null"));
        await database.ExecuteAsync(dropped.Again!);
        Assert.True(await IsValidAsync(database, "shop.orders_region_idx"));

        await LeaveInvalidAsync(database, "orders_region_idx_ccnew");
        await Drop(database, "orders_region_idx_ccnew").RunAsync(Token);
        await database.ExecuteAsync($"update pg_index set indisvalid = false where indexrelid = 'holdfast.{Declared}'::regclass");
        await Drop(database, Declared, "holdfast").RunAsync(Token);
        Assert.Equal(0, await InvalidAsync(database));
    }

    [Fact]
    public void declared_indexes_are_read_from_statements_not_from_comments()
    {
        var declared = DeclaredIndexes.Of([
            Migration.Parse("V0001__one.sql", """
                -- create index not_this_idx on {schema}.a (x);
                create table {schema}.a (x int, y text default 'create index nor_this_idx on a (x);'); create table {schema}.b (x int);
                CREATE UNIQUE INDEX IF NOT EXISTS a_x_idx ON ONLY {schema}.a USING btree (x) WHERE y = 'a;b';
                create index "A b" on {schema}.a (lower(y));
                create index a_y_idx on {schema}.a (y); create index b_x_idx on {schema}.b (x); create index gone_idx on {schema}.b (x);
                """),
            Migration.Parse("V0002__two.sql", "drop index if exists {schema}.gone_idx; alter index {schema}.a_y_idx rename to a_z_idx; drop table {schema}.b; create index concurrently a_w_idx on {schema}.a (x, y);"),
        ], "holdfast");
        Assert.Equal(
            [
                "create unique index concurrently \"a_x_idx\" ON ONLY holdfast.a USING btree (x) WHERE y = 'a;b'",
                "create index concurrently \"A b\" on holdfast.a (lower(y))",
                "create index concurrently \"a_w_idx\" on holdfast.a (x, y)",
                "create index concurrently \"a_z_idx\" on holdfast.a (y)",
            ],
            declared.Select(index => index.Sql).OrderBy(sql => sql.Contains("a_z", StringComparison.Ordinal) ? 2 : sql.Contains("a_w", StringComparison.Ordinal) ? 1 : 0));
        Assert.Equal("V0002__two.sql", declared.Single(index => index.Name == "a_w_idx").Script);
    }
}
