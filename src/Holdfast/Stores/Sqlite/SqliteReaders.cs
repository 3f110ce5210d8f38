using System.Collections.Concurrent;
using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>Connections for reading, kept open and handed out one caller at a time.</summary>
internal sealed class SqliteReaders(string path) : IDisposable
{
    /// <summary>More readers than this at a time wait.</summary>
    private const int CountMax = 16;

    private readonly ConcurrentBag<SqliteConnection> _idle = [];
    private readonly SemaphoreSlim _free = new(CountMax, CountMax);

    public async Task<Lease> RentAsync(CancellationToken cancellationToken)
    {
        await _free.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Read-write: a reader may have to recover the log that a killed process left behind.
            return new Lease(this, _idle.TryTake(out var connection) ? connection : SqliteConnections.Open(path, SqliteOpenMode.ReadWrite));
        }
        catch (SqliteException e)
        {
            _free.Release();
            throw SqliteErrors.Translate(e, path);
        }
    }

    public void Dispose()
    {
        while (_idle.TryTake(out var connection)) connection.Dispose();
    }

    public readonly struct Lease(SqliteReaders owner, SqliteConnection connection) : IDisposable
    {
        public SqliteConnection Connection => connection;

        public void Dispose()
        {
            owner._idle.Add(connection);
            owner._free.Release();
        }
    }
}
