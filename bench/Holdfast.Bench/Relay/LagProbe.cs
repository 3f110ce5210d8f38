using System.Collections.Concurrent;
using System.Diagnostics;
using Npgsql;
using NpgsqlTypes;

namespace Holdfast.Bench.Relay;

/// <summary>
/// The time from a row's acknowledgement to its visibility at a backup: asks there every millisecond or two, on a connection of
/// its own, for the rows that were acknowledged and not seen yet. What it adds (a wait and an answer) counts as lag.
/// </summary>
internal sealed class LagProbe : IAsyncDisposable
{
    private const string Seen = "select id from holdfast.session_memories where tenant_id = $1 and id = any($2)";
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly ConcurrentDictionary<Guid, long> _waiting = new();
    private readonly List<double> _lags = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly NpgsqlConnection _connection;
    private readonly Task _loop;

    private LagProbe(NpgsqlConnection connection)
    {
        _connection = connection;
        _loop = Task.Run(PollAsync);
    }

    public static async Task<LagProbe> StartAsync(string connection)
    {
        // A table that has just begun to grow has no statistics: the plan must not depend on them.
        var probe = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(connection) { Pooling = false, Options = "-c enable_seqscan=off" }.ConnectionString);
        await probe.OpenAsync();
        return new LagProbe(probe);
    }

    /// <summary>The row was acknowledged just now.</summary>
    public void Acknowledged(Guid id) => _waiting.TryAdd(id, Stopwatch.GetTimestamp());

    /// <summary>All lags in milliseconds, when the last row has been seen.</summary>
    public async Task<IReadOnlyList<double>> LagsAsync()
    {
        var started = Stopwatch.GetTimestamp();
        while (!_waiting.IsEmpty && !_loop.IsCompleted)
        {
            if (Stopwatch.GetElapsedTime(started) > Limit) throw new TimeoutException($"{_waiting.Count} rows were not seen within {Limit.TotalSeconds:0} s.");
            await Task.Delay(Interval);
        }
        await _stopping.CancelAsync();
        await _loop;
        return _lags;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await _loop;
        _stopping.Dispose();
        await _connection.DisposeAsync();
    }

    private async Task PollAsync()
    {
        await using var command = new NpgsqlCommand(Seen, _connection);
        var ids = new NpgsqlParameter { NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Uuid, Value = Array.Empty<Guid>() };
        command.Parameters.Add(new NpgsqlParameter { Value = Messages.Tenant });
        command.Parameters.Add(ids);
        await command.PrepareAsync();
        while (!_stopping.IsCancellationRequested)
        {
            ids.Value = _waiting.Keys.ToArray();
            if (((Guid[])ids.Value).Length > 0)
            {
                await using var reader = await command.ExecuteReaderAsync();
                while (await reader.ReadAsync())
                    if (_waiting.TryRemove(reader.GetGuid(0), out var acknowledged)) _lags.Add(Stopwatch.GetElapsedTime(acknowledged).TotalMilliseconds);
            }
            await Task.Delay(Interval);
        }
    }
}
