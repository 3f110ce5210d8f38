using Holdfast.Operations.Schema.Migrations;
using Npgsql;

namespace Holdfast.Bench;

/// <summary>What every measure gets: the options, and raw connections set up as the library sets up its own.</summary>
internal sealed class BenchContext(BenchOptions options)
{
    /// <summary>The most connections of a pool, the same on both sides: Npgsql's default, which the library leaves as it is.</summary>
    public const int PoolSizeMax = 100;

    public BenchOptions Options => options;

    public static async Task<BenchContext> OpenAsync(BenchOptions options)
    {
        if (options.Direct is { } direct) await new SchemaMigrator(direct).MigrateAsync();
        return new BenchContext(options);
    }

    /// <summary>Npgsql alone: prepared on a direct endpoint, unprepared behind a pooler.</summary>
    public NpgsqlDataSource Raw(bool pooled) => NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(Address(pooled))
    {
        MaxPoolSize = PoolSizeMax,
        MaxAutoPrepare = pooled ? 0 : 200,
        AutoPrepareMinUsages = 2,
        NoResetOnClose = true,
    });

    public Task<AgentMemory> OursAsync(bool pooled) => AgentMemory.OpenAsync(new HoldfastOptions { Connection = Address(pooled) });

    /// <summary>Starts a measure on an empty table, on disk, so that none pays for another's.</summary>
    public async Task EmptyAsync()
    {
        await using var raw = Raw(pooled: false);
        foreach (var sql in (string[])["truncate holdfast.session_memories", "checkpoint"])
        {
            await using var command = raw.CreateCommand(sql);
            await command.ExecuteNonQueryAsync();
        }
    }

    private string Address(bool pooled) =>
        $"{(pooled ? options.Pooled : options.Direct) ?? throw new InvalidOperationException("Give --direct and --pooled.")};Maximum Pool Size={PoolSizeMax}";
}
