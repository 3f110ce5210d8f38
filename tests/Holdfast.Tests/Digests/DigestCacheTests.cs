using Holdfast.Relay.Digests;
using Holdfast.Rows;
using Holdfast.Stores.Queries;
using Xunit;

namespace Holdfast.Tests.Digests;

/// <summary>What is remembered from run to run is a hint: it saves hashing, and it never hides a change.</summary>
public sealed class DigestCacheTests : IAsyncLifetime
{
    private ThreeStores _stores = null!;

    public async ValueTask InitializeAsync()
    {
        _stores = await ThreeStores.OpenAsync();
        await _stores.WriteAsync([.. Enumerable.Range(0, 100).Select(i => _stores.Rows.Message($"{i}")), _stores.Rows.Revision("k", "1")]);
    }

    public ValueTask DisposeAsync() => _stores.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task what_has_not_changed_is_not_hashed_again(bool deep)
    {
        Assert.All((await _stores.CompareAsync(deep)).Providers, provider => Assert.Equal((102, 102), (provider.Rows, provider.RowsHashed)));
        await SettledAsync(deep);
        Assert.All((await _stores.CompareAsync(deep)).Providers, provider => Assert.Equal((102, 0), (provider.Rows, provider.RowsHashed)));
        Assert.All((await _stores.CompareAsync(_stores.Options(deep) with { Fresh = true })).Providers, provider => Assert.Equal((102, 102), (provider.Rows, provider.RowsHashed)));
    }

    [Fact]
    public async Task only_what_came_since_is_hashed()
    {
        await SettledAsync();
        await _stores.WriteAsync(_stores.Rows.Message("new"), _stores.Rows.Message("newer"));
        var report = await _stores.CompareAsync();
        Assert.True(report.IsEqual);
        Assert.All(report.Providers, provider => Assert.Equal((104, 2), (provider.Rows, provider.RowsHashed)));
        await _stores.WriteToAsync(1, _stores.Rows.Message("here alone"));
        Assert.Single((await _stores.CompareAsync()).Rows);
    }

    [Fact]
    public async Task a_row_of_a_transaction_that_is_still_open_is_counted_when_it_is_there_and_only_once()
    {
        await SettledAsync();
        await using var connection = await _stores[0].Work.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await using (var command = new Npgsql.NpgsqlCommand("select pg_current_xact_id()", connection, transaction)) await command.ExecuteScalarAsync();
        // Behind the open transaction nothing is settled: what comes now is hashed each time, and remembered by none.
        await _stores.WriteAsync(_stores.Rows.Message("behind"));
        for (var i = 0; i < 3; i++)
        {
            var report = await _stores.CompareAsync();
            Assert.True(report.IsEqual);
            Assert.Equal((103, 1), (report.Providers[0].Rows, report.Providers[0].RowsHashed));
        }
        await transaction.CommitAsync();
        await SettledAsync();
        Assert.All((await _stores.CompareAsync()).Providers, provider => Assert.Equal((103, 0), (provider.Rows, provider.RowsHashed)));
    }

    [Fact]
    public async Task a_row_that_a_lower_stamp_replaced_is_noticed()
    {
        var (first, later) = (_stores.Rows.Message("a", key: "k"), _stores.Rows.Message("a", key: "k"));
        await _stores.WriteAsync(later);
        await SettledAsync();
        await _stores.WriteToAsync(1, first);
        var difference = Assert.Single((await _stores.CompareAsync()).Rows);
        Assert.Equal((DifferenceKind.OtherStamp, DifferenceKind.None), (difference.Kind(0), difference.Kind(1)));
        await _stores.WriteAsync(first);
        Assert.True((await _stores.CompareAsync()).IsEqual);
    }

    [Theory]
    [InlineData("delete from {s}.session_memories where stamp in (select stamp from {s}.session_memories order by stamp limit 1)")]
    [InlineData("update {s}.session_memories set stamp = 'ffffffff-ffff-7fff-8fff-ffffffffffff' where stamp in (select stamp from {s}.session_memories order by stamp limit 1)")]
    [InlineData("update {s}.settings set stamp = '01900000-0000-7000-8000-000000000000'")]
    [InlineData("delete from {s}.settings")]
    public async Task what_was_changed_or_deleted_by_hand_is_noticed(string harm)
    {
        await SettledAsync();
        Assert.Equal(1, await _stores.HarmAsync(2, harm));
        var report = await _stores.CompareAsync();
        Assert.NotEqual(DifferenceKind.None, Assert.Single(report.Rows).Kind(2));
    }

    [Fact]
    public async Task as_many_rows_deleted_as_added_are_noticed()
    {
        await SettledAsync();
        await _stores.HarmAsync(2, "delete from {s}.session_memories where stamp in (select stamp from {s}.session_memories order by stamp limit 1)");
        await _stores.WriteToAsync(2, _stores.Rows.Message("in its place"));
        Assert.Equal(2, (await _stores.CompareAsync()).Rows.Count);
    }

    [Fact]
    public async Task content_that_was_changed_by_hand_is_noticed_by_deep()
    {
        await SettledAsync(deep: true);
        await _stores.HarmAsync(0, "update {s}.session_memories set content = '\"other\"' where stamp in (select stamp from {s}.session_memories order by stamp limit 1)");
        Assert.Single((await _stores.CompareAsync(deep: true)).Rows);
    }

    [Fact]
    public async Task a_damaged_file_is_no_file()
    {
        await SettledAsync();
        foreach (var file in Directory.GetFiles(_stores.CacheFolder))
        {
            var bytes = await File.ReadAllBytesAsync(file);
            bytes[bytes.Length / 2] ^= 1;
            await File.WriteAllBytesAsync(file, bytes);
        }
        Assert.All((await _stores.CompareAsync()).Providers, provider => Assert.Equal((102, 102), (provider.Rows, provider.RowsHashed)));
        foreach (var file in Directory.GetFiles(_stores.CacheFolder)) await File.WriteAllTextAsync(file, "");
        Assert.All((await _stores.CompareAsync()).Providers, provider => Assert.Equal(102, provider.RowsHashed));
    }

    [Fact]
    public async Task a_cache_that_cannot_be_written_costs_only_time()
    {
        await File.WriteAllTextAsync(_stores.CacheFolder, "a file where the folder should be");
        Assert.True((await _stores.CompareAsync()).IsEqual);
        Assert.True((await _stores.CompareAsync()).IsEqual);
    }

    [Fact]
    public void a_digest_counts_for_its_own_place_alone()
    {
        var cache = new DigestCache(_stores.CacheFolder);
        var place = new DigestPlace("db:5432/memory", "71", new(100, 120, 1_000, "memory"), "holdfast", Tables.SessionMemories, Deep: false);
        var digest = new TableDigest();
        digest.Add(1, 2, 3);
        cache.Write(place, new CachedDigest(100, digest));
        Assert.Equal((100UL, 2L), (cache.Read(place)!.Horizon, cache.Read(place)!.Digest.Rows));
        Assert.All((DigestPlace[])[
            place with { SystemIdentifier = "72" }, place with { Run = place.Run with { StartedAt = 2_000 } }, place with { Run = place.Run with { Database = "other" } },
            place with { Schema = "other" }, place with { Table = Tables.Revisions }, place with { Deep = true }, place with { Address = "other:5432/memory" },
        ], other => Assert.Null(cache.Read(other)));
    }

    [Theory]
    [InlineData(1_000_000_000_000UL)]
    [InlineData(3UL)]
    public async Task a_digest_of_transactions_that_the_server_has_not_reached_or_has_left_far_behind_does_not_count(ulong horizon)
    {
        var place = await PlaceAsync(0);
        var wrong = new TableDigest();
        wrong.Add(1, 100, 42);
        new DigestCache(_stores.CacheFolder).Write(place, new CachedDigest(horizon, wrong));
        var report = await _stores.CompareAsync();
        Assert.True(report.IsEqual);
        Assert.Equal(102, report.Providers[0].RowsHashed);
    }

    [Fact]
    public async Task a_digest_that_would_count_is_believed()
    {
        // The other way round, so that the tests above prove something.
        await SettledAsync();
        var place = await PlaceAsync(0);
        var cached = new DigestCache(_stores.CacheFolder).Read(place)!;
        var wrong = new TableDigest();
        wrong.Add(1, 100, 42);
        new DigestCache(_stores.CacheFolder).Write(place, cached with { Digest = wrong });
        // What is found is still read row by row: a wrong hint costs time, and the rows are equal.
        var report = await _stores.CompareAsync();
        Assert.True(report.IsEqual);
        Assert.Equal(0, report.Providers[0].RowsHashed);
    }

    private async Task<DigestPlace> PlaceAsync(int store) => new(_stores[store].Address, (await DigestQueries.SystemIdentifierAsync(_stores[store], CancellationToken.None))!,
        await DigestQueries.ServerAsync(_stores[store], CancellationToken.None), _stores[store].Schema, Tables.SessionMemories, Deep: false);

    // Twice, so that what was written just before is of transactions that have ended; others of the same server may run for a moment.
    private async Task SettledAsync(bool deep = false) => await TestServers.Wait.UntilAsync(async () =>
        (await _stores.CompareAsync(deep)).Providers.All(provider => provider.RowsHashed == 0), "all rows are settled");
}
