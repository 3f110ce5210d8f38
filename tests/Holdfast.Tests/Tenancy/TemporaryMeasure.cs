using System.Diagnostics;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Tenancy;

public sealed class TemporaryMeasure
{
    [Fact]
    public async Task figures()
    {
        var owner = await TestServer.ConnectionAsync(Place.Postgres);
        var (plain, apart) = (await TestPlaces.NewSchemaAsync(Place.Postgres), await TestPlaces.NewSchemaAsync(Place.RowSecurity));
        await TenantRoles.GrantAsync(owner, plain);
        var lines = new List<string>();
        for (var round = 0; round < 3; round++)
            foreach (var (name, connection, schema) in new[] { ("owner, none", owner, plain), ("app, none", TenantRoles.As(owner, TenantRoles.App), plain), ("app, by tenant", TenantRoles.As(owner, TenantRoles.App), apart) })
            {
                await using var store = await PostgresConnector.ConnectAsync(connection, schema, TimeProvider.System, null, CancellationToken.None);
                var rows = new TestRows(TestPlaces.Unique("tenant"));
                var some = Enumerable.Range(0, 1500).Select(i => rows.Message($"m {i}")).ToList();
                await store.MergeAsync([rows.Revision("key", "1")], CancellationToken.None);
                for (var i = 0; i < 200; i++) await store.MergeAsync([rows.Message("warm")], CancellationToken.None);
                var inserts = await TimeAsync(some.Count, i => store.MergeAsync([some[i]], CancellationToken.None));
                var reads = await TimeAsync(1500, i => RegisterQueries.ReadAsync(store, Tables.Settings, rows.TenantId, "key", CancellationToken.None));
                var batches = await TimeAsync(20, i => store.MergeAsync([.. Enumerable.Range(0, 500).Select(j => rows.Message($"b {i} {j}"))], CancellationToken.None));
                lines.Add(FormattableString.Invariant($"{name,-16} insert {inserts:0.0} us, read {reads:0.0} us, batch of 500 {batches / 1000:0.00} ms"));
            }
        await File.WriteAllLinesAsync("/tmp/tenancy-figures.txt", lines);
    }

    private static async Task<double> TimeAsync(int times, Func<int, Task> run)
    {
        var all = new double[times];
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await run(i);
            all[i] = Stopwatch.GetElapsedTime(started).TotalMicroseconds;
        }
        Array.Sort(all);
        return all[times / 2];
    }
}
