using System.Diagnostics;
using System.Globalization;
using Holdfast.Chaos.Checking;
using Holdfast.Chaos.Faults;
using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Holdfast.Operations.Drills;

namespace Holdfast.Chaos;

/// <summary>One plan from its first write to its verdict.</summary>
internal sealed class ChaosRun(ChaosServers servers, RunPlan plan)
{
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(60);

    /// <summary>How long providers may take to hold the same again; a mutation's run need not wait for what never comes.</summary>
    public TimeSpan SettleWithin { get; init; } = SettleMax;

    /// <summary>Where the ledger goes if the run does not hold; null: nowhere.</summary>
    public string? Keep { get; init; }

    /// <summary>Told what the run comes to, with the seconds since its beginning.</summary>
    public Action<string>? Log { get; init; }

    public async Task<Verdict> RunAsync()
    {
        var started = Stopwatch.GetTimestamp();
        void Note(string what) => Log?.Invoke(string.Create(CultureInfo.InvariantCulture, $"  {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s: {what}"));
        var field = await ChaosField.PrepareAsync(servers, plan.Writers);
        var disks = new SmallDisks(field);
        try
        {
            using var ledger = new Ledger(Path.Combine(field.Folder, "ledger.jsonl"));
            foreach (var step in plan.Phases.SelectMany(phase => phase).Where(step => step.Kind == FaultKind.DiskFull)) await disks.PrepareAsync(step.Provider);
            var examination = new Examination(field, plan, ledger);
            await using (var writers = new WriterSet(field, plan, ledger))
            {
                await WriteAsync(field, writers, disks, examination, ledger, Note);
                Note("writers have stopped");
                await examination.SettleAsync(writers, SettleWithin);
            }
            Note("providers are at rest");
            var verdict = await examination.JudgeAsync(Stopwatch.GetElapsedTime(started));
            if (!verdict.Holds && Keep is { } folder)
                File.Copy(ledger.Path, System.IO.Path.Combine(Directory.CreateDirectory(folder).FullName, string.Create(CultureInfo.InvariantCulture, $"seed{plan.Seed}.jsonl")), overwrite: true);
            return verdict;
        }
        finally
        {
            await using var _ = disks;
            await field.DisposeAsync();
        }
    }

    private async Task WriteAsync(ChaosField field, WriterSet writers, SmallDisks disks, Examination examination, Ledger ledger, Action<string> note)
    {
        var hand = new FaultHand(field, writers, disks, ledger);
        if (plan.StartsCutOff is { } alone) foreach (var provider in Enumerable.Range(0, ChaosServers.Count)) foreach (var link in field.Links(provider, alone)) link.Set(FaultMode.Reset);
        for (var writer = 0; writer < plan.Writers; writer++) await writers.StartAsync(writer);
        await writers.ReadyAsync();
        note("writers are ready");
        for (var i = 0; i < plan.Phases.Count; i++)
        {
            if (i == 1 && plan.Destruction != Destruction.None)
            {
                await writers.ReadyAsync();
                await new DataLoss(field, writers, plan, examination).RunAsync(note);
            }
            await hand.RunAsync(plan.Phases[i], plan.PhaseLength);
            note($"phase {i} is over");
        }
        await writers.ReadyAsync();
        await writers.StopAsync();
    }
}
