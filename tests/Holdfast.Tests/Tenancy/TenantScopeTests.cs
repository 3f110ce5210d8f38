using System.Collections;
using System.Reflection;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Holdfast.TestServers;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Tenancy;

/// <summary>
/// A read without its tenant finds nothing under row-level security, and nothing must not be taken for "empty" (DESIGN §8.2): every statement
/// is known to be one tenant's, or nobody's, or it is refused.
/// </summary>
public sealed class TenantScopeTests
{
    private static readonly CancellationToken Never = CancellationToken.None;

    /// <summary>What goes over all tenants, by class: the relay's, the digests', and the counts for people.</summary>
    private static readonly string[] OverAll =
    [
        "RelayStatements.Lease", "RelayStatements.EndLease", "RelayStatements.Report", "RelayStatements.Cursors", "RelayStatements.State", "RelayStatements.Rejects", "RelaySource.News", "ParkedRowQueries.Newest", "StatusQueries.Counts", "ConflictQueries.Revised", "RegisterRow.Many",
    ];

    // Of the local file only.
    private static readonly string[] Local = ["Spool", "SpoolUpkeep", "ErasurePurge", "SqliteStore"];

    [Fact]
    public void every_statement_is_one_tenants_or_nobodys_or_known_to_go_over_all()
    {
        var scope = new TenantScope("holdfast");
        var texts = new QueryTexts(table => $"holdfast.{table}");
        var over = Statements().Where(found => scope.Of(texts.Of(found.Statement.Postgres)) == StatementScope.Everybody).Select(found => found.Name).Distinct().Order(StringComparer.Ordinal).ToList();
        Assert.Equal(OverAll.Order(StringComparer.Ordinal), over);
        Assert.True(Statements().Count() > 60);
    }

    [Theory]
    [InlineData("select 1 from holdfast.commands where tenant_id = $1", nameof(StatementScope.FirstParameter))]
    [InlineData("select 1 from holdfast.commands where tenant_id = $10", nameof(StatementScope.Everybody))]
    [InlineData("select 1 from holdfast.commands where tenant_id = $2", nameof(StatementScope.Everybody))]
    [InlineData("select count(*) from holdfast.commands", nameof(StatementScope.Everybody))]
    [InlineData("select 1 from holdfast.schema_versions", nameof(StatementScope.Nobody))]
    [InlineData("select 1 from holdfast.relay_sources where source = $1", nameof(StatementScope.Everybody))]
    [InlineData("select 1", nameof(StatementScope.Nobody))]
    public void a_statements_text_tells_whose_rows_it_touches(string sql, string expected) => Assert.Equal(expected, new TenantScope("holdfast").Of(sql).ToString());

    [Fact]
    public async Task what_goes_over_all_tenants_is_refused_and_names_the_setting_and_the_role()
    {
        var schema = await TestPlaces.SchemaAsync(Place.RowSecurity);
        await using var store = await TestPlaces.OpenPostgresAsync(Place.RowSecurity, schema);
        var rows = new TestRows(TestPlaces.Unique("tenant"));
        await store.MergeAsync([rows.Message("one")], Never);
        Func<Task>[] asked =
        [
            async () => await store.ReadFeedAsync(Tables.SessionMemories, FeedPosition.Start, 10, Never),
            async () => await StatusQueries.CountsAsync(store, Never).ToListAsync(),
            async () => await ParkedRowQueries.NewestAsync(store, 10, Never),
            async () => await RegisterRow.ReadAsync(store, Tables.Settings, [new RowKey(rows.TenantId, "a")], Never).ToListAsync(),
            () => store.MergeAsync([rows.Message("two")], () => [], Never),
            () => store.ReplaceContentAsync([rows.Message("three")], Never),
            () => store.RebuildAsync(Tables.Settings, [(rows.TenantId, "a", null)], Never),
            () => store.SweepErasuresAsync(Never),
            async () => await Holdfast.Relay.RelaySource.LookAsync(store, new Dictionary<Table, Holdfast.Relay.RelayCursor>(), Never),
        ];
        foreach (var ask in asked)
        {
            var error = await Assert.ThrowsAsync<TenantScopeException>(ask);
            Assert.Contains("_RELAY", error.Message, StringComparison.Ordinal);
            Assert.Contains($"{schema}_relay", error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task rows_of_several_tenants_are_merged_found_and_read_each_with_its_tenant()
    {
        await using var store = await TestPlaces.OpenPostgresAsync(Place.RowSecurityPooled, await TestPlaces.SchemaAsync(Place.RowSecurityPooled));
        var tenants = Enumerable.Range(0, 3).Select(_ => new TestRows(TestPlaces.Unique("tenant"))).ToList();
        // Mixed, so that the answers must find their places again.
        var rows = Enumerable.Range(0, 12).Select(i => tenants[i % 3].Message($"{i}")).ToList();
        var results = await store.MergeAsync([.. rows, rows[4]], Never);
        Assert.Equal([.. Enumerable.Repeat(MergeOutcome.Inserted, 12), MergeOutcome.AlreadyStored], results.Select(result => result.Outcome));
        var references = rows.Select(row => new RowReference(row.TenantId, row.Id, row.Stamp)).ToList();
        var strange = tenants[1].Message("never written");
        Assert.Equal(strange.Id, Assert.Single(await store.FindMissingAsync(Tables.SessionMemories, [.. references, new RowReference(strange.TenantId, strange.Id, strange.Stamp)], Never)).Id);
        Assert.Equal(rows.Select(row => row.Id).Order(), (await store.ReadRowsAsync(Tables.SessionMemories, references, Never)).Select(row => row.Id).Order());
    }

    [Fact]
    public async Task security_that_is_switched_on_while_a_store_is_open_makes_nothing_look_empty()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.Postgres);
        var owner = await TestServer.ConnectionAsync(Place.Postgres);
        await TenantRoles.GrantAsync(owner, schema);
        var app = TenantRoles.As(owner, TenantRoles.App);
        await using var reading = await PostgresConnector.ConnectAsync(app, schema, TimeProvider.System, null, Never);
        await using var writing = await PostgresConnector.ConnectAsync(app, schema, TimeProvider.System, null, Never);
        await using var changing = await PostgresConnector.ConnectAsync(app, schema, TimeProvider.System, null, Never);
        var rows = new TestRows(TestPlaces.Unique("tenant"));
        await writing.MergeAsync([rows.Message("before")], Never);
        Assert.False(reading.IsByTenant || writing.IsByTenant || changing.IsByTenant);

        await TenantRoles.KeepApartAsync(owner, schema);
        // A write is refused by the server, and sent again with its tenant.
        Assert.Equal(MergeOutcome.Inserted, (await writing.MergeAsync([rows.Message("after")], Never))[0].Outcome);
        Assert.True(writing.IsByTenant);
        // An empty answer is looked into; at most once a second, so that this one waits for its turn.
        await Wait.UntilAsync(async () => await reading.QueryAsync(new Statement("select id from {session_memories} where tenant_id = $1"), [rows.TenantId], row => row.Uuid(0), Never).CountAsync() == 2, "both rows are seen");
        await using var counting = await PostgresConnector.ConnectAsync(app, schema, TimeProvider.System, null, Never);
        Assert.True(counting.IsByTenant);
        await Wait.UntilAsync(async () => await changing.ExecuteAsync(new Statement("update {session_memories} set author = 'x' where tenant_id = $1"), [rows.TenantId], Never) == 2, "both rows are changed");
    }

    private static IEnumerable<(string Name, Statement Statement)> Statements() =>
        from type in typeof(AgentMemory).Assembly.GetTypes()
        where !type.ContainsGenericParameters && !Local.Contains(type.Name)
        from field in type.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)
        from statement in Of(field.GetValue(null))
        select ($"{type.Name}.{field.Name.Split('>')[0].TrimStart('<')}", statement);

    private static IEnumerable<Statement> Of(object? value) => value switch
    {
        Statement statement => [statement],
        IDictionary statements => statements.Values.OfType<Statement>(),
        _ => [],
    };
}
