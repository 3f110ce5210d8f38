using Holdfast.Rows;
using Holdfast.Tests.Stores;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Erasure;

/// <summary>A sweep is put off as long as somebody may still write what was forgotten.</summary>
public sealed class SweepTests
{
    private readonly TestRows _rows = new(TestPlaces.Unique("tenant"));

    [Fact]
    public async Task a_writer_that_began_while_the_erasure_was_being_committed_is_waited_for()
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.Postgres);
        await using var store = await TestPlaces.OpenPostgresAsync(Place.Postgres, schema);
        await store.MergeAsync([_rows.Message("first")], CancellationToken.None);
        await using var connections = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.Postgres));
        await using var inTheWay = await connections.OpenConnectionAsync();
        var holding = await inTheWay.BeginTransactionAsync();
        await RunAsync(inTheWay, $"select 1 from {schema}.session_memories for update");
        var erasing = store.MergeAsync([_rows.Erasure(_rows.Clock.Next(), user: "ann")], CancellationToken.None);
        await Wait.UntilAsync(async () => await ScalarAsync(connections, $"select count(*) from pg_stat_activity where wait_event_type = 'Lock' and query like '%{schema}%'") > 0, "the erasure waits for the row");

        // Its number is higher than the erasure's, and it does not see the erasure.
        await using var late = await connections.OpenConnectionAsync();
        var writing = await late.BeginTransactionAsync();
        await RunAsync(late, $"insert into {schema}.session_memories (tenant_id, id, stamp, user_id, session_id, occurred_at, memory_type, content) select tenant_id, gen_random_uuid(), stamp, user_id, session_id, occurred_at, memory_type, '\"late secret\"' from {schema}.session_memories");
        await holding.RollbackAsync();
        await erasing;

        Assert.False(await store.SweepErasuresAsync(CancellationToken.None));
        await writing.CommitAsync();
        Assert.Equal(1, await ScalarAsync(connections, $"select count(*) from {schema}.session_memories where content is not null"));
        await Wait.UntilAsync(() => store.SweepErasuresAsync(CancellationToken.None), "the sweep is done");
        Assert.Equal(0, await ScalarAsync(connections, $"select count(*) from {schema}.session_memories where content is not null"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task an_erasure_that_comes_a_second_time_waits_for_nobody(bool withAnother)
    {
        var schema = await TestPlaces.NewSchemaAsync(Place.Postgres);
        await using var store = await TestPlaces.OpenPostgresAsync(Place.Postgres, schema);
        await using var connections = NpgsqlDataSource.Create(await TestServer.ConnectionAsync(Place.Postgres));
        Task<long> WaitingAsync() => ScalarAsync(connections, $"select count(*) from {schema}.erasure_sweeps");
        var erasure = _rows.Erasure(_rows.Clock.Next(), user: "ann");
        await store.MergeAsync([erasure], CancellationToken.None);
        Assert.Equal(1, await WaitingAsync());
        await Wait.UntilAsync(() => store.SweepErasuresAsync(CancellationToken.None), "the sweep is done");
        Assert.Equal(0, await WaitingAsync());
        await store.MergeAsync(withAnother ? [erasure, _rows.Erasure(_rows.Clock.Next(), user: "bob")] : [erasure], CancellationToken.None);
        Assert.Equal(withAnother ? 1 : 0, await WaitingAsync());
    }

    [Fact]
    public async Task nothing_of_what_was_said_is_left_in_the_bytes_of_the_local_file()
    {
        var options = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = _rows.TenantId };
        await using (var memory = await AgentMemory.OpenAsync(options))
        {
            var session = await memory.StartSessionAsync("maria", "Quetzalcoatlus");
            for (var i = 0; i < 200; i++) await session.AppendUserAsync($"Quetzalcoatlus flew over meadow {i}");
            await session.AppendUserAsync($"Quetzalcoatlus {new string('x', 20_000)} Quetzalcoatlus");
            Assert.NotEqual(0, Found(options));
            Assert.True((await memory.ForgetUserAsync("maria")).IsComplete);
            // While it is still open, and a second time.
            Assert.Equal(0, Found(options));
            await (await memory.OpenSessionAsync("other", "omar")).AppendUserAsync("Quetzalcoatlus again");
            Assert.True((await memory.ForgetUserAsync("omar")).IsComplete);
            Assert.Equal(0, Found(options));
        }
        Assert.Equal(0, Found(options));
    }

    [Fact]
    public async Task a_reader_of_the_local_file_keeps_it_from_being_said_to_be_emptied()
    {
        var options = new HoldfastOptions { Home = TestPlaces.NewFolder(), TenantId = _rows.TenantId };
        await using var memory = await AgentMemory.OpenAsync(options);
        await (await memory.OpenSessionAsync("s", "maria")).AppendUserAsync("Quetzalcoatlus");
        using (var reader = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={HoldfastHome.LocalFile(options.Home)};Pooling=false"))
        {
            await reader.OpenAsync();
            using var reading = reader.BeginTransaction(deferred: true);
            using var command = reader.CreateCommand();
            command.CommandText = "select count(*) from session_memories";
            command.Transaction = reading;
            Assert.Equal(1L, command.ExecuteScalar());
            Assert.Equal(ForgetState.Running, Assert.Single((await memory.ForgetUserAsync("maria")).Stores).State);
        }
        await Wait.UntilAsync(() => Found(options) == 0, "nothing is left once the reader has gone");
    }

    private static int Found(HoldfastOptions options)
    {
        var found = 0;
        foreach (var file in Directory.GetFiles(options.Home!, "memory.db*"))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var bytes = new MemoryStream();
            stream.CopyTo(bytes);
            var text = System.Text.Encoding.Latin1.GetString(bytes.ToArray());
            // The full-text index keeps stems.
            found += text.Split("uetzalcoatlu").Length - 1;
        }
        return found;
    }

    private static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    private static async Task<long> ScalarAsync(NpgsqlDataSource source, string sql)
    {
        await using var command = source.CreateCommand(sql);
        return (long)(await command.ExecuteScalarAsync())!;
    }
}
