using Holdfast.Providers;
using Holdfast.Relay;
using Holdfast.Rows;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Relay;

/// <summary>One provider is brought what another has.</summary>
public sealed class PullTests
{
    [Fact]
    public async Task every_table_is_brought_over_once_and_then_there_is_nothing_to_do()
    {
        await using var pair = await PullPair.OpenAsync();
        foreach (var table in Tables.Appends.Where(table => table != Tables.Erasures)) await pair.WriteAsync(pair.Source, pair.Rows.Full(table));
        await pair.WriteAsync(pair.Source, pair.Rows.Revision("theme", "\"dark\""));
        var round = await pair.PullAsync();
        Assert.Equal(Tables.Appends.Count(), round.Rows);
        Assert.False(round.IsPending);
        foreach (var table in Tables.Appends) Assert.Equal(await pair.TextsAsync(pair.Source, table), await pair.TextsAsync(pair.Receiver, table));
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "settings where key = 'theme'"));
        var second = await pair.PullAsync();
        Assert.Equal((0L, false, false), (second.Rows, second.IsPending, second.LostAnchor));
        Assert.Equal(0L, (await pair.Back.RunAsync(CancellationToken.None)).Rows);
    }

    [Fact]
    public async Task many_pages_are_brought_over_and_a_break_goes_on_from_where_it_was()
    {
        await using var pair = await PullPair.OpenAsync();
        var rows = Enumerable.Range(0, 12_345).Select(i => pair.Rows.Message($"message {i}")).ToArray();
        foreach (var chunk in rows.Chunk(Batch.RowsMax)) await pair.WriteAsync(pair.Source, chunk);
        using (var stop = new CancellationTokenSource())
        {
            var merges = 0;
            var broken = new RelayPull(pair.Source, pair.Receiver, TimeSpan.FromSeconds(30), TimeProvider.System, (_, _) =>
            {
                if (++merges == 3) stop.Cancel();
                return Task.FromResult(false);
            });
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => broken.RunAsync(stop.Token));
        }
        var half = await CountAsync(pair.ReceiverConnection, "session_memories");
        Assert.InRange(half, 1, rows.Length - 1);
        Assert.Equal(rows.Length - half, (await pair.PullAsync()).Rows);
        Assert.Equal(await pair.TextsAsync(pair.Source, Tables.SessionMemories), await pair.TextsAsync(pair.Receiver, Tables.SessionMemories));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task a_provider_that_is_drained_in_the_middle_is_left_alone_at_once(bool receiver)
    {
        await using var pair = await PullPair.OpenAsync();
        var rows = Enumerable.Range(0, 3_000).Select(i => pair.Rows.Message($"message {i}")).ToArray();
        foreach (var chunk in rows.Chunk(Batch.RowsMax)) await pair.WriteAsync(pair.Source, chunk);
        var drained = receiver ? pair.Receiver : pair.Source;
        var pull = new RelayPull(pair.Source, pair.Receiver, TimeSpan.FromSeconds(30), TimeProvider.System, (_, _) =>
        {
            drained.Drain(true);
            return Task.FromResult(false);
        });
        var error = await Assert.ThrowsAsync<AttemptFailedException>(() => pull.RunAsync(CancellationToken.None));
        Assert.Equal($"{drained.Name}: it was drained", error.Message);
        var there = await CountAsync(pair.ReceiverConnection, "session_memories");
        Assert.InRange(there, 1, rows.Length - 1);
        drained.Drain(false);
        Assert.Equal(rows.Length - there, (await pair.PullAsync()).Rows);
    }

    [Fact]
    public async Task rows_that_are_merged_side_by_side_are_all_there_before_the_cursor_moves()
    {
        await using var pair = await PullPair.OpenAsync();
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, """
            create function holdfast.full_disk() returns trigger language plpgsql as $$
            begin
              if new.content #>> '{}' = 'message 700' then raise exception 'no space left' using errcode = '53100'; end if;
              return new;
            end $$;
            create trigger full_disk before insert on holdfast.session_memories for each row execute function holdfast.full_disk();
            """);
        var rows = Enumerable.Range(0, 5_000).Select(i => pair.Rows.Message($"message {i}")).ToArray();
        await pair.WriteAsync(pair.Source, rows);
        // One chunk stands alone; of the two after it the first fails and the second, which ends the page, goes in.
        await Assert.ThrowsAsync<AttemptFailedException>(() => pair.PullAsync());
        await Wait.UntilAsync(async () => await CountAsync(pair.ReceiverConnection, "session_memories") == 2_500, "the other chunk is in");
        Assert.Equal(0L, await CountAsync(pair.ReceiverConnection, "relay_cursors where table_name = 'session_memories'"));
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, "drop trigger full_disk on holdfast.session_memories");
        Assert.Equal(2_500L, (await pair.PullAsync()).Rows);
        Assert.Equal(await pair.TextsAsync(pair.Source, Tables.SessionMemories), await pair.TextsAsync(pair.Receiver, Tables.SessionMemories));
    }

    [Fact]
    public async Task of_two_rows_with_one_key_both_sides_keep_the_first()
    {
        await using var pair = await PullPair.OpenAsync();
        var first = pair.Rows.Message("first", key: "k");
        await pair.WriteAsync(pair.Receiver, pair.Rows.Message("second", key: "k"));
        await pair.WriteAsync(pair.Source, first);
        await pair.PullAsync();
        await pair.Back.RunAsync(CancellationToken.None);
        foreach (var provider in (Holdfast.Providers.Provider[])[pair.Source, pair.Receiver])
        {
            Assert.Equal([Stores.RowText.Of(first)], await pair.TextsAsync(provider, Tables.SessionMemories));
            Assert.Single(await pair.TextsAsync(provider, Tables.Conflicts));
        }
    }

    [Fact]
    public async Task an_erasure_comes_first_and_empties_what_either_side_has()
    {
        await using var pair = await PullPair.OpenAsync();
        var (old, other) = (pair.Rows.Message("secret of ann", user: "ann", session: null), pair.Rows.Message("of bob", user: "bob", session: null));
        await pair.WriteAsync(pair.Receiver, old, other);
        var late = pair.Rows.Message("another secret of ann", user: "ann", session: null);
        var through = pair.Rows.Clock.Next();
        await pair.WriteAsync(pair.Source, pair.Rows.Erasure(through, user: "ann"));
        await pair.PullAsync();
        await pair.WriteAsync(pair.Receiver, late);
        await pair.Back.RunAsync(CancellationToken.None);
        foreach (var provider in (Holdfast.Providers.Provider[])[pair.Source, pair.Receiver])
        {
            var texts = await pair.TextsAsync(provider, Tables.SessionMemories);
            Assert.Equal(3, texts.Count);
            Assert.DoesNotContain(texts, text => text.Contains("secret", StringComparison.Ordinal));
            Assert.Contains(texts, text => text.Contains("of bob", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task a_long_transaction_at_the_source_delays_its_own_rows_only_and_none_is_passed_over()
    {
        await using var pair = await PullPair.OpenAsync();
        await using var blocker = NpgsqlDataSource.Create(pair.SourceConnection);
        await using var connection = await blocker.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        var hidden = pair.Rows.Message("written early, committed late");
        await using (var command = new NpgsqlCommand("insert into holdfast.session_memories (tenant_id, id, stamp, occurred_at, memory_type, session_id) values ($1, $2, $2, now(), 'log', 's')", connection))
        {
            command.Parameters.Add(new() { Value = hidden.TenantId });
            command.Parameters.Add(new() { Value = hidden.Id });
            await command.ExecuteNonQueryAsync();
        }
        await pair.WriteAsync(pair.Source, pair.Rows.Message("committed meanwhile"));
        PullRound? held = null;
        await Wait.UntilAsync(async () => (held = await pair.PullAsync()).HeldBackBy is not null, "the feed is read past the transaction");
        Assert.Contains(" with a write transaction open for ", held!.HeldBackBy, StringComparison.Ordinal);
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "session_memories"));
        await pair.WriteAsync(pair.Source, pair.Rows.Message("one more"));
        await pair.PullAsync();
        Assert.Equal(2L, await CountAsync(pair.ReceiverConnection, "session_memories"));
        await transaction.CommitAsync();
        await pair.PullAsync();
        Assert.Equal(3L, await CountAsync(pair.ReceiverConnection, "session_memories"));
        Assert.Null((await pair.PullAsync()).HeldBackBy);
    }

    [Fact]
    public async Task a_row_that_the_receiver_refuses_is_parked_and_the_others_go_on()
    {
        await using var pair = await PullPair.OpenAsync();
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, "alter table holdfast.session_memories add constraint narrow check (content #>> '{}' <> 'bad')");
        await pair.WriteAsync(pair.Source, [.. Enumerable.Range(0, 20).Select(i => pair.Rows.Message(i == 7 ? "bad" : $"good {i}"))]);
        var round = await pair.PullAsync();
        Assert.Empty(round.Errors);
        Assert.Equal(19L, await CountAsync(pair.ReceiverConnection, "session_memories"));
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "relay_rejects where table_name = 'session_memories' and source = 'a' and error like '%narrow%'"));
        await pair.PullAsync();
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "relay_rejects"));
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, "alter table holdfast.session_memories drop constraint narrow");
        Assert.Equal(1L, (await pair.PullAsync()).Rows);
        Assert.Equal((20L, 0L), (await CountAsync(pair.ReceiverConnection, "session_memories"), await CountAsync(pair.ReceiverConnection, "relay_rejects")));
    }

    [Fact]
    public async Task a_table_that_the_receiver_does_not_have_stops_no_other()
    {
        await using var pair = await PullPair.OpenAsync();
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, "alter table holdfast.session_memories rename to away");
        await pair.WriteAsync(pair.Source, pair.Rows.Message("waits"), pair.Rows.Full(Tables.Payments));
        var round = await pair.PullAsync();
        Assert.Contains("session_memories", Assert.Single(round.Errors), StringComparison.Ordinal);
        Assert.True(round.IsPending);
        Assert.Null(pair.Receiver.Health.WriteRefusal);
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "payments"));
        await PostgresServer.ExecuteAsync(pair.ReceiverConnection, "alter table holdfast.away rename to session_memories");
        Assert.False((await pair.PullAsync()).IsPending);
        Assert.Equal(1L, await CountAsync(pair.ReceiverConnection, "session_memories"));
    }

    [Fact]
    public async Task one_process_at_a_time_pulls()
    {
        await using var pair = await PullPair.OpenAsync();
        var (receiver, other) = (new RelayReceiver(pair.Receiver.Store!, "a"), new RelayReceiver(pair.Receiver.Store!, "b"));
        var (mine, theirs) = (pair.Rows.Clock.Next().Value, pair.Rows.Clock.Next().Value);
        Assert.True(await receiver.TakeLeaseAsync(mine, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.True(await receiver.TakeLeaseAsync(mine, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.False(await receiver.TakeLeaseAsync(theirs, TimeSpan.FromMinutes(1), CancellationToken.None));
        Assert.True(await other.TakeLeaseAsync(theirs, TimeSpan.FromMinutes(1), CancellationToken.None));
        await receiver.EndLeaseAsync(mine, CancellationToken.None);
        Assert.True(await receiver.TakeLeaseAsync(theirs, TimeSpan.FromMilliseconds(1), CancellationToken.None));
        await Wait.UntilAsync(() => receiver.TakeLeaseAsync(mine, TimeSpan.FromMinutes(1), CancellationToken.None), "a lease that ended is free");
    }

    internal static Task<long> CountAsync(string connection, string from) => PostgresServer.AskAsync<long>(connection, $"select count(*) from holdfast.{from}");
}
