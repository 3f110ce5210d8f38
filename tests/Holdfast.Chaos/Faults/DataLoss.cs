using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Holdfast.TestServers;

namespace Holdfast.Chaos.Faults;

/// <summary>
/// Destroys what one holder holds, while all others hold it too: a provider gets an old copy of its data, or comes back empty,
/// or a local file loses its tail. It ends when all hold the same again.
/// </summary>
internal sealed class DataLoss(ChaosField field, WriterSet writers, RunPlan plan, Examination examination)
{
    private static readonly TimeSpan EqualWithin = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan WritesBetween = TimeSpan.FromSeconds(1);

    public async Task RunAsync(Action<string> note)
    {
        var copy = "";
        if (plan.Destruction == Destruction.RolledBack)
        {
            var server = field.Servers[plan.DestructionTarget];
            copy = Path.Combine(Path.GetDirectoryName(server.DataFolder)!, "copy");
            // All its processes stand still: the copy is what a power cut would leave.
            server.Freeze();
            await ServerAccount.RunAsync("cp", "-a", server.DataFolder, copy);
            server.Thaw();
            await Task.Delay(WritesBetween);
        }
        await PauseEqualAsync("before data is destroyed");
        note("all equal");
        await (plan.Destruction switch
        {
            Destruction.RolledBack => RollBackAsync(field.Servers[plan.DestructionTarget], copy),
            Destruction.DiskLost => LoseDiskAsync(plan.DestructionTarget),
            _ => TruncateSpoolAsync(plan.DestructionTarget),
        });
        writers.Resume();
        await writers.ReadyAsync();
        note($"{plan.Destruction} is done");
        await Task.Delay(WritesBetween);
        await PauseEqualAsync("after data was destroyed");
        note("all equal again");
        writers.Resume();
    }

    private async Task PauseEqualAsync(string when)
    {
        await writers.PauseAsync();
        // What a local file still owes is not lost with a provider; before it is cut itself, nothing may stand in it alone.
        await examination.ExpectEqualAsync($"{when} ({plan.Destruction} {plan.DestructionTarget})", EqualWithin, withSpools: plan.Destruction == Destruction.SpoolTruncated);
    }

    private static async Task RollBackAsync(PostgresServer server, string copy)
    {
        await server.KillAsync();
        await ServerAccount.RunAsync("rm", "-rf", server.DataFolder);
        await ServerAccount.RunAsync("mv", copy, server.DataFolder);
        await server.StartAgainAsync();
    }

    private async Task LoseDiskAsync(int provider)
    {
        await field.Servers.DropDatabaseAsync(provider, field.Database);
        await field.Servers.CreateDatabaseAsync(provider, field.Database);
    }

    // All that share the file are stopped: a file that is open is not cut.
    private async Task TruncateSpoolAsync(int writer)
    {
        var sharing = Enumerable.Range(0, writers.Count).Where(other => plan.Homes[other] == plan.Homes[writer]).ToList();
        foreach (var other in sharing) await writers.KillAsync(other);
        var log = new FileInfo(HoldfastHome.LocalFile(field.Home(plan.Homes[writer])) + "-wal");
        await using (var file = log.Open(FileMode.Open))
            file.SetLength(file.Length - new Random(plan.Seed).NextInt64(1, Math.Max(2, file.Length / 2)));
        foreach (var other in sharing) await writers.StartAsync(other);
    }
}
