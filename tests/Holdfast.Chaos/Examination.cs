using Holdfast.Chaos.Checking;
using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Servers;
using Holdfast.Chaos.Writers;
using Holdfast.TestServers;

namespace Holdfast.Chaos;

/// <summary>Lets a run come to rest and says what is wrong with what it left behind.</summary>
internal sealed class Examination(ChaosField field, RunPlan plan, Ledger ledger)
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);

    private const int SettlersMax = 3;

    private readonly List<string> _differences = [];

    /// <summary>Whether all providers hold the same and no local file has anything left for one.</summary>
    private async Task<bool> AreEqualAsync(bool withSpools)
    {
        if (withSpools && plan.Homes.Distinct().Any(home => SpoolCheck.Problems(field.Home(home), ChaosField.Names).Count > 0)) return false;
        var digests = await Task.WhenAll(field.DirectAll.Select(provider => Equality.DigestAsync(provider.Connection, field.Tenant)));
        return digests.All(digest => digest.SequenceEqual(digests[0]));
    }

    /// <summary>Waits until providers and spools are at rest, and notes what is different if they do not come to it.</summary>
    public async Task ExpectEqualAsync(string when, TimeSpan within, bool withSpools = true)
    {
        try
        {
            await Wait.UntilAsync(async () =>
            {
                await Task.Delay(PollEvery);
                return await AreEqualAsync(withSpools);
            }, "providers hold the same", within);
        }
        catch (TimeoutException)
        {
            foreach (var (name, connection) in field.DirectAll) _differences.AddRange((await RelayNotes.ReadAsync(name, connection)).Select(note => $"{when}: {note}"));
            _differences.AddRange((await DifferencesAsync()).Select(problem => $"{when}: {problem}"));
            _differences.Add($"{when}: not equal within {within.TotalSeconds:0} s");
        }
    }

    /// <summary>Opens a memory on each local file, without any fault, until providers and spools are at rest.</summary>
    public async Task SettleAsync(WriterSet writers, TimeSpan within)
    {
        await field.HealAsync();
        // On a busy machine a memory may change its route, and so write an event, on the very way out: the next one brings it.
        for (var round = 1; round <= SettlersMax; round++)
        {
            var memories = new List<AgentMemory>();
            try
            {
                foreach (var home in plan.Homes.Distinct()) memories.Add(await AgentMemory.OpenAsync(writers.SettlerOf(home).Options(TimeProvider.System)));
                await ExpectEqualAsync("in the end", within);
            }
            finally
            {
                foreach (var memory in memories) await memory.DisposeAsync();
            }
            if (_differences.Count > 0 || await AreEqualAsync(withSpools: true)) return;
        }
    }

    public async Task<Verdict> JudgeAsync(TimeSpan took)
    {
        var entries = ledger.Entries;
        var problems = new List<string>();
        var stored = await Task.WhenAll(field.DirectAll.Select(provider => StoredRows.ReadAsync(provider.Name, provider.Connection, field.Tenant)));
        foreach (var rows in stored) problems.AddRange(Checker.Problems(entries, rows));
        problems.AddRange(OrderCheck.Problems(entries, writer => writer >= plan.Writers || plan.ClockShifts[writer] >= TimeSpan.Zero));
        problems.AddRange(OrderCheck.Refused(entries));
        if (plan.Destruction == Destruction.None) problems.AddRange(ledger.Missed);
        problems.AddRange(_differences);
        problems.AddRange(await DifferencesAsync());
        return new Verdict(plan, entries.Count(entry => entry.State == Said.Ok), entries.Count(entry => entry.State == Said.Info), entries.Count(entry => entry.State == Said.Fail),
            stored[0].Conflict.Count + Forks(stored[0]), Longest(entries), took, problems);
    }

    private async Task<IReadOnlyList<string>> DifferencesAsync() =>
        [.. await Equality.DifferencesAsync(field.DirectAll, field.Tenant), .. plan.Homes.Distinct().SelectMany(home => SpoolCheck.Problems(field.Home(home), ChaosField.Names))];

    // Revisions that were made from one and the same: nothing is overwritten silently, both are there.
    private static int Forks(StoredRows stored) =>
        stored.Revision.GroupBy(revision => (revision.Table, revision.Key, revision.Base)).Sum(group => group.Count() - 1);

    private double Longest(IReadOnlyList<LedgerEntry> entries) => entries
        .Where(entry => entry.State == Said.Ok && entry is { IsMessage: true, Intent.Concern: WriteConcern.Available or WriteConcern.Local }
            && !ledger.Stops.Any(stop => stop.Writer == entry.Writer && stop.From <= entry.AnsweredAt && entry.BegunAt <= stop.To))
        .Select(entry => entry.Answer!.Milliseconds).DefaultIfEmpty().Max();
}
