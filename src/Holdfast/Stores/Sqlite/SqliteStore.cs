using System.Runtime.CompilerServices;
using Holdfast.Rows;
using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>
/// Rows in the local file: one writer connection with full synchronisation (a commit that returned is on the disk), and
/// readers beside it that the write-ahead log does not block. Several processes may share the file.
/// </summary>
internal sealed class SqliteStore : IStore
{
    /// <summary>How long a write waits for another process that is writing.</summary>
    public static readonly TimeSpan BusyTimeout = TimeSpan.FromSeconds(30);

    /// <summary>What it is called among providers.</summary>
    public const string LocalName = "local";

    private readonly string _path;
    private readonly SqliteConnection _writer;
    private readonly SqliteMerge _merge;
    private readonly SqliteReaders _readers;
    private readonly SemaphoreSlim _writing = new(1, 1);
    private readonly QueryTexts _queries = new(table => table);
    private int _disposed;

    private SqliteStore(string path, SqliteConnection writer, MergeRules rules)
    {
        _path = path;
        _writer = writer;
        _merge = new SqliteMerge(writer, rules);
        _readers = new SqliteReaders(path);
    }

    public string Address => _path;

    public int ConcurrentBatchesMax => 1;

    public Task<IReadOnlyList<StoreAnswer<T>>> AskEachAsync<T>(Func<IRowAccess, CancellationToken, Task<T>> ask, bool mayTakeLong, CancellationToken cancellationToken) =>
        StoreAnswer<T>.OfOneAsync(LocalName, ask(this, cancellationToken));

    /// <summary>Opens the file, makes it where it is missing, and brings its schema up to date.</summary>
    public static SqliteStore Open(string path, TimeProvider time, MergeRules? rules = null)
    {
        SqliteEngine.EnsureLoaded();
        path = Path.GetFullPath(path);
        SqliteConnection? writer = null;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            writer = SqliteConnections.Open(path, SqliteOpenMode.ReadWriteCreate);
            SqliteSchema.Migrate(writer, path, time);
            return new SqliteStore(path, writer, rules ?? MergeRules.All);
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            writer?.Dispose();
            throw SqliteErrors.Translate(e, path);
        }
        catch
        {
            writer?.Dispose();
            throw;
        }
    }

    public Task<MergeResult[]> MergeAsync(IReadOnlyList<Row> rows, CancellationToken cancellationToken) => WriteAsync(_ => Merge(rows), cancellationToken);

    /// <summary>Runs <paramref name="work"/> in one transaction with the merge: for what must commit together with rows.</summary>
    public Task<T> TransactAsync<T>(Func<SqliteMerge, T> work, CancellationToken cancellationToken) => WriteAsync(_ => work(_merge), cancellationToken);

    /// <summary>Merges within a transaction that is open.</summary>
    public MergeResult[] Merge(IReadOnlyList<Row> rows)
    {
        var results = new MergeResult[rows.Count];
        foreach (var (_, indexes) in Batch.Groups(rows))
            foreach (var i in indexes) results[i] = _merge.Merge(rows[i]);
        return results;
    }

    public Task<bool> CompareAndSetAsync(Row revision, Stamp? expected, CancellationToken cancellationToken) => WriteAsync(_ =>
    {
        var register = Tables.Get(revision.Text("target_table")!);
        var matches = expected is { } stamp
            ? _merge.Scalar($"select exists (select 1 from {register.Name} where tenant_id = $1 and key = $2 and stamp = $3)", revision.TenantId, revision.Text("target_key"), stamp)
            : 1 - _merge.Scalar($"select exists (select 1 from {register.Name} where tenant_id = $1 and key = $2)", revision.TenantId, revision.Text("target_key"));
        if (matches == 1) _merge.Merge(revision);
        return matches == 1;
    }, cancellationToken);

    public Task<int> ExecuteAsync(Statement statement, object?[] parameters, CancellationToken cancellationToken) => WriteAsync(transaction =>
    {
        using var command = Command(_writer, statement, parameters);
        command.Transaction = transaction;
        return command.ExecuteNonQuery();
    }, cancellationToken);

    public Task<List<T>> ExecuteAsync<T>(Statement statement, object?[] parameters, Func<StoreReader, T> read, CancellationToken cancellationToken) => WriteAsync(transaction =>
    {
        using var command = Command(_writer, statement, parameters);
        command.Transaction = transaction;
        using var data = command.ExecuteReader();
        var reader = new SqliteReader(data);
        var rows = new List<T>();
        while (data.Read()) rows.Add(read(reader));
        return rows;
    }, cancellationToken);

    public async IAsyncEnumerable<T> QueryAsync<T>(
        Statement statement, object?[] parameters, Func<StoreReader, T> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var lease = await _readers.RentAsync(cancellationToken).ConfigureAwait(false);
        using var command = Command(lease.Connection, statement, parameters);
        using var data = Translated(command.ExecuteReader);
        var reader = new SqliteReader(data) { Source = new ReadSource(Address, MayBeStale: false) };
        while (Translated(data.Read))
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return read(reader);
        }
    }

    public async Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, CancellationToken cancellationToken)
    {
        // One writer at a time commits in the order of the counter, so nothing can appear below what is seen.
        var sql = new Statement($"select feed, tenant_id, id, stamp, nonce from {table.Name} where feed > $1 order by feed limit $2");
        return await QueryAsync(sql, [(long)after.Feed, (long)entriesMax], row => new FeedEntry(
            new FeedPosition((ulong)row.Integer(0), row.Text(1), row.Uuid(2)), row.Stamp(3), row.Integer(4)), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var here = new Statement($"select 1 from {table.Name} where tenant_id = $1 and id = $2 and stamp <= $3");
        var missing = new List<RowReference>();
        foreach (var row in rows)
            if (!await QueryAsync(here, [row.TenantId, row.Id, row.Stamp], _ => true, cancellationToken).AnyAsync(cancellationToken).ConfigureAwait(false))
                missing.Add(row);
        return missing;
    }

    public async Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var sql = new Statement($"select {string.Join(", ", RowColumns.Read(table))} from {table.Name} where tenant_id = $1 and id = $2");
        var found = new List<Row>(rows.Count);
        foreach (var row in rows)
            found.AddRange(await QueryAsync(sql, [row.TenantId, row.Id], reader => RowColumns.Row(table, reader), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false));
        return found;
    }

    /// <summary>Nothing runs beside the one writer: rows were emptied in the erasure's own transaction. What is left are bytes.</summary>
    public Task<bool> SweepErasuresAsync(CancellationToken cancellationToken) => ErasurePurge.RunAsync(this, cancellationToken);

    /// <summary>Moves the write-ahead log into the file and empties it; false while a reader needs it.</summary>
    public Task<bool> TruncateLogAsync(CancellationToken cancellationToken) => OnWriterAsync(() =>
    {
        SqliteConnections.Run(_writer, "pragma busy_timeout = 0");
        try
        {
            using var command = _writer.CreateCommand();
            command.CommandText = "pragma wal_checkpoint(truncate)";
            return (long)command.ExecuteScalar()! == 0;
        }
        finally
        {
            SqliteConnections.Run(_writer, $"pragma busy_timeout = {(long)BusyTimeout.TotalMilliseconds}");
        }
    }, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _writing.WaitAsync().ConfigureAwait(false);
        _merge.Dispose();
        _readers.Dispose();
        await _writer.DisposeAsync().ConfigureAwait(false);
        _writing.Dispose();
    }

    private Task<T> WriteAsync<T>(Func<SqliteTransaction, T> work, CancellationToken cancellationToken) => OnWriterAsync(() => InTransaction(work), cancellationToken);

    private async Task<T> OnWriterAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // The engine blocks while it waits for the disk: not on the caller's thread. And in turn with what else waits for a
            // thread: else one caller in a loop is served again and again before the others come to share its commit.
            return await Task.Factory.StartNew(() => Translated(work), CancellationToken.None,
                TaskCreationOptions.DenyChildAttach | TaskCreationOptions.PreferFairness, TaskScheduler.Default).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    private T InTransaction<T>(Func<SqliteTransaction, T> work)
    {
        // Takes the write lock at once: a transaction that first reads may find the file changed when it comes to write.
        using var transaction = _writer.BeginTransaction(deferred: false);
        _merge.Transaction = transaction;
        var result = work(transaction);
        transaction.Commit();
        return result;
    }

    private T Translated<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (SqliteException e)
        {
            throw SqliteErrors.Translate(e, _path);
        }
    }

    private SqliteCommand Command(SqliteConnection connection, Statement statement, object?[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = _queries.Of(statement.Sqlite);
        for (var i = 0; i < parameters.Length; i++) command.Parameters.AddWithValue($"${i + 1}", SqliteTypes.Wire(parameters[i]));
        return command;
    }
}
