using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;

namespace Holdfast.Bench.Measures;

/// <summary>An application beside a change of the schema: writers and readers of one table that never pause, and how long each call took.</summary>
internal sealed class AppLoop : IAsyncDisposable
{
    private const string Insert = """
        insert into holdfast.session_memories (tenant_id, id, stamp, user_id, session_id, occurred_at, memory_type, content)
        select 'app', s, s, 'user', 'app', now(), 'message_user', to_json($1::text) from (select gen_random_uuid() as s) new
        """;

    private const string Read = "select content from holdfast.session_memories where tenant_id = 'app' and session_id = 'app' order by stamp desc limit 10";

    private readonly NpgsqlDataSource _source;
    private readonly CancellationTokenSource _ended = new();
    private readonly ConcurrentBag<double> _calls = [];
    private readonly Task[] _loops;

    private AppLoop(string connection, int writers, int readers)
    {
        _source = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(connection) { CommandTimeout = 0 });
        _loops = [.. Enumerable.Range(0, writers).Select(_ => RunAsync(Insert, write: true)), .. Enumerable.Range(0, readers).Select(_ => RunAsync(Read, write: false))];
    }

    /// <summary>It runs, and every loop has made its first calls.</summary>
    public static async Task<AppLoop> StartAsync(string connection, int writers = 3, int readers = 1)
    {
        var loop = new AppLoop(connection, writers, readers);
        while (loop._calls.Count < 50)
        {
            if (loop._loops.FirstOrDefault(one => one.IsFaulted) is { } failed) await failed;
            await Task.Delay(10);
        }
        return loop;
    }

    /// <summary>Milliseconds of each call since the start; the calls under way are waited for.</summary>
    public async Task<IReadOnlyList<double>> StopAsync()
    {
        await _ended.CancelAsync();
        await Task.WhenAll(_loops);
        return [.. _calls];
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _source.DisposeAsync();
        _ended.Dispose();
    }

    private async Task RunAsync(string sql, bool write)
    {
        await Task.Yield();
        for (var i = 0; !_ended.IsCancellationRequested; i++)
        {
            var started = Stopwatch.GetTimestamp();
            await using (var command = _source.CreateCommand(sql))
            {
                if (write) command.Parameters.Add(new() { Value = Messages.Text(i) });
                await command.ExecuteNonQueryAsync();
            }
            _calls.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }
    }
}
