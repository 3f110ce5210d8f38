using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;

namespace Holdfast.Chaos.Writers;

/// <summary>The writers of a run, each with the process that it is at the moment.</summary>
internal sealed class WriterSet(ChaosField field, RunPlan plan, Ledger ledger) : IAsyncDisposable
{
    private readonly WriterProcess?[] _processes = new WriterProcess?[plan.Writers];
    private readonly int[] _lives = new int[plan.Writers];

    public int Count => plan.Writers;

    public WriterProcess this[int writer] => _processes[writer] ?? throw new InvalidOperationException($"Writer {writer} does not run.");

    /// <summary>Starts a writer, or its next process, and does not wait for it.</summary>
    public async Task StartAsync(int writer)
    {
        if (_processes[writer] is { } before) await before.DisposeAsync();
        _processes[writer] = WriterProcess.Start(PlanOf(writer, _lives[writer]++), ledger);
    }

    public Task ReadyAsync() => Task.WhenAll(_processes.Select(process => process!.ReadyAsync()));

    public Task KillAsync(int writer) => this[writer].KillAsync();

    public Task PauseAsync() => Task.WhenAll(_processes.Select(process => process!.PauseAsync()));

    public void Resume()
    {
        foreach (var process in _processes) process!.Resume();
    }

    public Task StopAsync() => Task.WhenAll(_processes.Select(process => process!.StopAsync()));

    /// <summary>How the memory of a home is opened when its writers have gone: on a clock that is right.</summary>
    public WriterPlan SettlerOf(int home) => PlanOf(plan.Homes.ToList().IndexOf(home), life: 0) with { ClockShift = TimeSpan.Zero };

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
            if (process is not null) await process.DisposeAsync();
    }

    private WriterPlan PlanOf(int writer, int life) => new()
    {
        Writer = writer, Life = life, Seed = plan.Seed, Tenant = field.Tenant, Home = field.Home(plan.Homes[writer]), Connections = field.Connections(writer),
        Writers = plan.Writers, ClockShift = plan.ClockShifts[writer], Mutation = plan.Mutation,
    };
}
