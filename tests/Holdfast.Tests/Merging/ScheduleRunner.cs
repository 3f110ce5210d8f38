using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;
using Xunit;

namespace Holdfast.Tests.Merging;

/// <summary>Plays many schedules and shrinks the first failure to the shortest prefix that fails.</summary>
/// <param name="profile">What the schedules are like.</param>
/// <param name="rules">The stores' and writers' rules.</param>
/// <param name="relay">The relay's rules.</param>
/// <param name="servers">PostgreSQL stores, which take the last places; the other stores are local files.</param>
internal sealed class ScheduleRunner(ScheduleProfile profile, MergeRules rules, RelayRules relay, params PostgresStore[] servers)
{
    private const string Template = "template.db";

    private static readonly Clock Names = new();

    /// <summary>How many schedules a test plays: <c>HOLDFAST_SCHEDULES</c>, or the given number.</summary>
    public static int Count(int usual) => Environment.GetEnvironmentVariable("HOLDFAST_SCHEDULES") is { } text
        ? int.Parse(text, CultureInfo.InvariantCulture)
        : usual;

    /// <summary>Plays schedules from <paramref name="seed"/> on until one fails; what failed, or null.</summary>
    public async Task<string?> FindFailureAsync(int seed, int count, bool shrink)
    {
        using var folder = new MemoryFolder();
        // An empty local file, migrated once; every schedule starts with copies of it.
        await SqliteStore.Open(folder.File(Template), TimeProvider.System).DisposeAsync();
        for (var i = 0; i < count; i++)
        {
            var steps = 5 + (seed + i) % 56;
            if (await PlayAsync(folder, seed + i, steps) is not { } failure) continue;
            for (var fewer = shrink ? 1 : steps; fewer < steps; fewer++)
                if (await PlayAsync(folder, seed + i, fewer) is { } shorter) return shorter;
            return failure;
        }
        return null;
    }

    /// <summary>Plays the schedules that <c>HOLDFAST_SCHEDULES</c> or <paramref name="usual"/> asks for; none may fail.</summary>
    public async Task MustHoldAsync(int seed, int usual)
    {
        var count = Count(usual);
        TestContext.Current.TestOutputHelper?.WriteLine($"seeds {seed} to {seed + count - 1}");
        Assert.Null(await FindFailureAsync(seed, count, shrink: true));
    }

    /// <summary>Somewhere in so many schedules the check must see that a rule is off.</summary>
    public async Task MustFailAsync(int seed, int count)
    {
        var failure = await FindFailureAsync(seed, count, shrink: false);
        Assert.True(failure is not null, $"{count} schedules from seed {seed} on did not notice that a rule is off.");
        TestContext.Current.TestOutputHelper?.WriteLine(failure.Split(Environment.NewLine)[0]);
    }

    private async Task<string?> PlayAsync(MemoryFolder folder, int seed, int steps)
    {
        var name = Names.Next().Value.ToString("N");
        var stores = new List<ScheduleStore>();
        try
        {
            for (var i = servers.Length; i < profile.Stores; i++)
            {
                var path = folder.File($"{name}-{i}.db");
                File.Copy(folder.File(Template), path);
                stores.Add(ScheduleStore.OpenFile($"file {i}", path, rules));
            }
            foreach (var server in servers) stores.Add(await ScheduleStore.OpenAsync($"server {stores.Count}", server, rules));
            var schedule = new Schedule(seed, steps, profile, [.. stores], name, rules, relay);
            try
            {
                await schedule.RunAsync();
                return null;
            }
            catch (BrokenPromiseException e)
            {
                return $"seed {seed}, {steps} steps: {e.Message}{Environment.NewLine}{string.Join(Environment.NewLine, schedule.Trace)}";
            }
        }
        finally
        {
            foreach (var store in stores) await store.DisposeAsync();
        }
    }
}
