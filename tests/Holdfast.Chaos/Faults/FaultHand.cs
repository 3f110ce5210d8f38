using System.Diagnostics;
using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Holdfast.Operations.Drills;

namespace Holdfast.Chaos.Faults;

/// <summary>Does what the steps of a plan say, and undoes it.</summary>
internal sealed class FaultHand(ChaosField field, WriterSet writers, SmallDisks disks, Ledger ledger)
{
    private readonly SemaphoreSlim[] _turns = [.. Enumerable.Range(0, ChaosServers.Count).Select(_ => new SemaphoreSlim(1))];

    /// <summary>One phase: each step at its time, all undone when it ends.</summary>
    public async Task RunAsync(IReadOnlyList<FaultStep> steps, TimeSpan length)
    {
        await Task.WhenAll([.. steps.Select(PlayAsync), Task.Delay(length)]);
        await field.HealAsync();
    }

    // A server that takes long to come back must not meet the next fault that is meant for it while it starts.
    private async Task PlayAsync(FaultStep step)
    {
        await Task.Delay(step.At);
        var turn = _turns[step.Provider];
        await turn.WaitAsync();
        try
        {
            var heal = await InjectAsync(step);
            await Task.Delay(step.For);
            await heal();
        }
        finally
        {
            turn.Release();
        }
    }

    // What is answered undoes it.
    private async Task<Func<Task>> InjectAsync(FaultStep step)
    {
        var server = field.Servers[step.Provider];
        switch (step.Kind)
        {
            case FaultKind.ServerKilled:
                await server.KillAsync();
                return server.StartAgainAsync;
            case FaultKind.ServerStopped:
                server.Freeze();
                return () => Done(server.Thaw);
            case FaultKind.WriterKilled:
                await writers.KillAsync(step.Writer!.Value);
                return () => writers.StartAsync(step.Writer.Value);
            case FaultKind.WriterStopped:
                var stoppedAt = Stopwatch.GetTimestamp();
                writers[step.Writer!.Value].Freeze();
                return () => Done(() =>
                {
                    writers[step.Writer.Value].Thaw();
                    ledger.Stops.Add((step.Writer.Value, stoppedAt, Stopwatch.GetTimestamp()));
                });
            case FaultKind.Reset:
                foreach (var link in field.Links(step.Provider, step.Writer)) link.ResetConnections();
                return () => Task.CompletedTask;
            case FaultKind.CutAfterCommit:
                foreach (var link in field.Links(step.Provider, step.Writer)) _ = link.CutNext(step.Dice % 3 == 0 ? null : "insert");
                return () => Task.CompletedTask;
            case FaultKind.Latency:
                return Latency(step);
            case FaultKind.ReadOnly:
                await SqlAsync(step.Provider, $"alter database {field.Database} set default_transaction_read_only = on");
                foreach (var link in field.Links(step.Provider, null)) link.ResetConnections();
                return () => SqlAsync(step.Provider, $"alter database {field.Database} reset default_transaction_read_only");
            case FaultKind.GrantRevoked:
                await SqlAsync(step.Provider, "revoke insert on holdfast.session_memories from app");
                return () => SqlAsync(step.Provider, "grant insert on holdfast.session_memories to app");
            case FaultKind.DiskFull:
                return await disks.FillAsync(step.Provider);
            case FaultKind.AllRefused:
                return Set(Enumerable.Range(0, ChaosServers.Count).SelectMany(provider => field.Links(provider, null)), FaultMode.Reset);
            case FaultKind.Split:
                return Set(Enumerable.Range(0, writers.Count).SelectMany(writer => Enumerable.Range(0, ChaosServers.Count)
                    .Where(provider => provider != (writer + step.Dice) % ChaosServers.Count).SelectMany(provider => field.Links(provider, writer))), FaultMode.Reset);
            case FaultKind.SlowTransaction:
                var transaction = await SlowTransaction.BeginAsync(field.Direct(step.Provider), field.Tenant, step.Dice, ledger);
                return transaction.CommitAsync;
            default:
                return Set(field.Links(step.Provider, step.Writer), step.Kind switch
                {
                    FaultKind.AnswersCut => FaultMode.OneWayUp,
                    FaultKind.RequestsCut => FaultMode.OneWayDown,
                    FaultKind.Blackhole => FaultMode.Blackhole,
                    FaultKind.Refused => FaultMode.Reset,
                    FaultKind.AcceptedAndReset => FaultMode.AcceptAndReset,
                    _ => throw new ArgumentOutOfRangeException(nameof(step), step.Kind, "No such fault."),
                });
        }
    }

    private Func<Task> Latency(FaultStep step)
    {
        var links = field.Links(step.Provider, step.Writer).ToList();
        foreach (var link in links) (link.DelayUp, link.DelayDown) = (TimeSpan.FromMilliseconds(step.Dice % 150), TimeSpan.FromMilliseconds(step.Dice / 150 % 150));
        return () => Done(() => { foreach (var link in links) (link.DelayUp, link.DelayDown) = (TimeSpan.Zero, TimeSpan.Zero); });
    }

    private static Func<Task> Set(IEnumerable<FaultProxy> concerned, FaultMode mode)
    {
        var links = concerned.ToList();
        foreach (var link in links) link.Set(mode);
        return () => Done(() => { foreach (var link in links) link.Set(FaultMode.Pass); });
    }

    private Task SqlAsync(int provider, string sql) => field.Servers.RunAsync(provider, sql, field.Database);

    private static Task Done(Action action)
    {
        action();
        return Task.CompletedTask;
    }
}
