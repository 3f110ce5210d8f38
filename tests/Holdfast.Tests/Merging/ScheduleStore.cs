using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Tests.Merging;

/// <summary>One real store of a schedule: it can be down, and the local file can be set back to an older copy of itself.</summary>
internal sealed class ScheduleStore : IAsyncDisposable
{
    private readonly string? _path;
    private readonly MergeRules _rules;
    private Dictionary<(string, Table), RelayCursor>? _copiedCursors;

    private ScheduleStore(string name, IStore store, string? path, MergeRules rules, FeedPosition feedStart)
    {
        Name = name;
        Store = store;
        _path = path;
        _rules = rules;
        FeedStart = feedStart;
    }

    public string Name { get; }

    public IStore Store { get; private set; }

    public bool IsUp { get; set; } = true;

    /// <summary>Below it stands what earlier schedules left in the same store.</summary>
    public FeedPosition FeedStart { get; }

    /// <summary>How far this store has pulled from the others. It belongs to the store: a restore sets it back as well.</summary>
    public Dictionary<(string Source, Table Table), RelayCursor> Cursors { get; private set; } = [];

    public bool HasCopy => _copiedCursors is not null;

    public static ScheduleStore OpenFile(string name, string path, MergeRules rules) =>
        new(name, SqliteStore.Open(path, TimeProvider.System, rules), path, rules, FeedPosition.Start);

    public static async Task<ScheduleStore> OpenAsync(string name, PostgresStore store, MergeRules rules) =>
        new(name, store, null, rules, new FeedPosition(await NumberAsync(store, "pg_current_xact_id()"), "", Guid.Empty));

    /// <summary>Keeps a copy of the file, as a backup does.</summary>
    public async Task CopyAsync()
    {
        if (_path is null) return;
        await Store.DisposeAsync();
        File.Copy(_path, _path + ".copy", overwrite: true);
        Store = SqliteStore.Open(_path, TimeProvider.System, _rules);
        _copiedCursors = new(Cursors);
    }

    /// <summary>Puts the copy in the file's place, as a restore does.</summary>
    public async Task RollBackAsync()
    {
        await Store.DisposeAsync();
        File.Copy(_path! + ".copy", _path!, overwrite: true);
        Store = SqliteStore.Open(_path!, TimeProvider.System, _rules);
        Cursors = new(_copiedCursors!);
    }

    /// <summary>Where the feed's counter stands, be there a row or not.</summary>
    public async Task<ulong> FeedEndAsync(Table table) => Store is SqliteStore
        ? (ulong)await Store.QueryAsync(new Statement("select seq from sqlite_sequence where name = $1"), [table.Name], row => row.Integer(0), CancellationToken.None).FirstOrDefaultAsync()
        : await NumberAsync(Store, "pg_snapshot_xmin(pg_current_snapshot())") - 1;

    /// <summary>
    /// Waits until the feed shows all that was committed before: any transaction of the server, be it of another test, holds
    /// it back while it runs.
    /// </summary>
    public async Task SettleFeedAsync()
    {
        if (Store is not PostgresStore) return;
        var now = await NumberAsync(Store, "pg_current_xact_id()");
        while (await NumberAsync(Store, "pg_snapshot_xmin(pg_current_snapshot())") <= now) await Task.Yield();
    }

    // A PostgreSQL store is shared by many schedules and closed by whoever opened it.
    public async ValueTask DisposeAsync()
    {
        if (_path is null) return;
        await Store.DisposeAsync();
        File.Delete(_path);
        File.Delete(_path + ".copy");
    }

    private static async Task<ulong> NumberAsync(IStore store, string expression) =>
        ulong.Parse(await store.QueryAsync(new Statement($"select ({expression})::text"), [], row => row.Text(0), CancellationToken.None).SingleAsync(), CultureInfo.InvariantCulture);
}
