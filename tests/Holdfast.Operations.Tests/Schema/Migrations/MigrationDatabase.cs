using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;

namespace Holdfast.Operations.Tests.Schema.Migrations;

/// <summary>A database of its own with migrations that a test writes: the lock is per database, and these tests hold it.</summary>
internal sealed class MigrationDatabase(string connection)
{
    public const string Schema = "app";

    public static readonly MigrationOptions Quick = new()
    {
        LockTimeout = TimeSpan.FromMilliseconds(100), RetryDelayMin = TimeSpan.FromMilliseconds(20), RetryDelayMax = TimeSpan.FromMilliseconds(200),
        WatchInterval = TimeSpan.FromMilliseconds(20), LockWaitMax = TimeSpan.FromSeconds(30), OldTransaction = TimeSpan.Zero,
    };

    /// <summary>A first file, whose table has a thousand rows.</summary>
    public static readonly (string, string) Table = ("V1__t.sql", "create table t (id int, a int); insert into t select i, i from generate_series(1, 1000) i;");

    public string Connection => connection;

    public static async Task<MigrationDatabase> CreateAsync(PostgresVersion version = PostgresVersion.Debian) => new(await (await OperationsServer.StartedAsync(version)).CreateDatabaseAsync());

    /// <summary>Files as a user's directory has them: name and content.</summary>
    public static MigrationSet Files(params (string Name, string Sql)[] files) => MigrationSet.Of(files.Select(file => MigrationFile.Parse(file.Name, file.Sql)), "the test", isShipped: false);

    public MigrationTarget Target(MigrationSet set, MigrationOptions? options = null) => new(connection, set, Schema, options ?? Quick, null);

    public SchemaMigrator Migrator(MigrationSet set, MigrationOptions? options = null) => new(Target(set, options));

    public Task<IReadOnlyList<MigrationStep>> MigrateAsync(params (string Name, string Sql)[] files) => Migrator(Files(files)).MigrateAsync();

    public Task<IReadOnlyList<HistoryRow>> HistoryAsync() => Target(Files()).ReadAsync(CancellationToken.None);

    public async Task<T?> AskAsync<T>(string sql)
    {
        await using var own = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, own);
        return await command.ExecuteScalarAsync() is T value ? value : default;
    }

    public async Task RunAsync(string sql)
    {
        await using var own = await OpenAsync();
        await using var command = new NpgsqlCommand(sql, own);
        await command.ExecuteNonQueryAsync();
    }

    public async Task<NpgsqlConnection> OpenAsync(string name = "the other one")
    {
        var own = new NpgsqlConnection($"{connection};Pooling=false;Application Name={name}");
        await own.OpenAsync();
        return own;
    }

    public Task<long> InvalidIndexesAsync() => AskAsync<long>("select count(*) from pg_index where not indisvalid or not indisready");
}

/// <summary>Keeps what a run tells, and does something at a moment of it.</summary>
internal sealed class Events(Action<MigrationEvent>? at = null) : IProgress<MigrationEvent>
{
    private readonly List<MigrationEvent> _all = [];

    public IReadOnlyList<MigrationEvent> All
    {
        get { lock (_all) return [.. _all]; }
    }

    public void Report(MigrationEvent value)
    {
        lock (_all) _all.Add(value);
        at?.Invoke(value);
    }
}
