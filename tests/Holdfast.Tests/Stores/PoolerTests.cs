using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Queries;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>
/// PgBouncer 1.18 in transaction mode hands a client another server connection for each transaction. A prepared statement's name
/// then means what another client prepared there, and the answer is to another question, without an error.
/// </summary>
public sealed class PoolerTests
{
    private const int Clients = 24;
    private const int Rounds = 25;

    [Theory]
    [InlineData(Place.PgBouncer, true)]
    [InlineData(Place.Postgres, false)]
    [InlineData(Place.NewerPostgres, false)]
    public async Task a_pooler_is_known_by_its_answers(Place place, bool isPooled)
    {
        await using var store = await TestPlaces.OpenPostgresAsync(place, await TestPlaces.SchemaAsync(place));
        Assert.Equal(isPooled, store.Identity.IsPooled);
    }

    [Fact]
    public async Task twenty_four_clients_with_many_statements_get_their_own_answers()
    {
        var schema = await TestPlaces.SchemaAsync(Place.PgBouncer);
        var stores = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => TestPlaces.OpenPostgresAsync(Place.PgBouncer, schema)));
        try
        {
            Assert.All(stores, store => Assert.True(store.Identity.IsPooled));
            await Task.WhenAll(stores.Select((store, client) => Task.Run(() => RunClientAsync(store, client))));
        }
        finally
        {
            foreach (var store in stores) await store.DisposeAsync();
        }
    }

    private static async Task RunClientAsync(PostgresStore store, int client)
    {
        var rows = new TestRows(TestPlaces.Unique("tenant"));
        var written = new List<Row>();
        for (var round = 0; round < Rounds; round++)
        {
            // Another table each round: another statement text, and for each client in another order.
            var table = Tables.Appends.Where(table => table != Tables.Erasures && table != Tables.Conflicts).ElementAt((client + round) % 17);
            var (alone, beside) = (rows.Full(table) with { Id = rows.Clock.Next().Value }, rows.Message($"client {client} round {round}"));
            Assert.Equal(MergeOutcome.Inserted, (await store.MergeAsync([alone], CancellationToken.None))[0].Outcome);
            Assert.Equal([MergeOutcome.AlreadyStored, MergeOutcome.Inserted], (await store.MergeAsync([alone, beside], CancellationToken.None)).Select(result => result.Outcome));
            var revision = rows.Revision("setting", $"{round}");
            await store.MergeAsync([revision], CancellationToken.None);
            Assert.Equal(revision.Stamp, (await RegisterQueries.ReadAsync(store, Tables.Settings, rows.TenantId, "setting", CancellationToken.None))!.Revision);
            written.AddRange([alone, beside]);
            foreach (var row in (Row[])[alone, beside])
                Assert.Equal(RowText.Of(row), RowText.Of((await store.ReadRowsAsync(row.Table, [new RowReference(row.TenantId, row.Id, row.Stamp)], CancellationToken.None)).Single()));
            // Statements of the same shape whose answers differ: what a mixed-up name would swap.
            var number = (client * 1_000) + round;
            Assert.Equal(number, await store.QueryAsync(new Statement($"select {number}::bigint"), [], row => row.Integer(0), CancellationToken.None).SingleAsync());
        }
    }

    [Fact]
    public async Task the_hazard_is_real_explicitly_prepared_statements_fail_or_answer_wrongly_there()
    {
        var connection = await TestServer.ConnectionAsync(Place.PgBouncer);
        await using var source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { NoResetOnClose = true, MaxPoolSize = Clients }.ConnectionString);
        var outcomes = await Task.WhenAll(Enumerable.Range(0, Clients).Select(client => Task.Run(() => PrepareAndAskAsync(source, client))));
        var (right, wrong, errors) = (outcomes.Sum(outcome => outcome.Right), outcomes.Sum(outcome => outcome.Wrong), outcomes.Sum(outcome => outcome.Errors));
        Assert.True(wrong + errors > 0, $"{right} right, {wrong} wrong, {errors} errors: the hazard did not show.");
    }

    private static async Task<(int Right, int Wrong, int Errors)> PrepareAndAskAsync(NpgsqlDataSource source, int client)
    {
        var (right, wrong, errors) = (0, 0, 0);
        for (var round = 0; round < Rounds; round++)
        {
            try
            {
                await using var connection = await source.OpenConnectionAsync();
                var number = (client * 1_000) + round;
                await using var command = new NpgsqlCommand($"select {number}", connection);
                await command.PrepareAsync();
                for (var i = 0; i < 3; i++)
                    if ((int)(await command.ExecuteScalarAsync())! == number) right++;
                    else wrong++;
            }
            catch (NpgsqlException)
            {
                errors++;
            }
        }
        return (right, wrong, errors);
    }
}
