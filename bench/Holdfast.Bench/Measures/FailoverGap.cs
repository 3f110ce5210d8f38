using System.Diagnostics;
using Holdfast.Bench.Failover;
using Holdfast.TestServers;

namespace Holdfast.Bench.Measures;

/// <summary>The longest time without an acknowledged write around a fault, ours beside the peers', each on servers of its own.</summary>
internal sealed class FailoverGap(FailoverFault fault) : IMeasure
{
    private const int WritesBefore = 20;
    private const int WritesAfter = 20;
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>What is compared.</summary>
    private static readonly (Func<IReadOnlyList<ClusterMember>, Task<IFailoverSubject>> StartAsync, bool IsPeer)[] Subjects =
    [
        (HoldfastSubject.StartAsync, false),
        (MultiHostSubject.StartAsync, true),
        (HaProxySubject.StartAsync, true),
    ];

    public string Name => fault.Name;

    public async Task<IReadOnlyList<Measurement>> RunAsync(BenchContext context)
    {
        var results = new List<Measurement>();
        foreach (var (start, isPeer) in Subjects)
        {
            await using var cluster = await ProviderCluster.StartAsync(durable: true, PostgresVersion.Debian, PostgresVersion.Debian);
            foreach (var member in cluster) await PostgresServer.ExecuteAsync(member.Direct, RetriedInsert.Table);
            await using var subject = await start(cluster);
            if (fault.AllServers && !subject.SurvivesAllDown)
            {
                Console.Error.WriteLine($"  {subject.Name}: no write is possible while {fault.Description}");
                continue;
            }
            results.AddRange(Rows(subject.Name, await GapsAsync(subject, cluster, isPeer ? context.Options.PeerFaults : context.Options.Faults), isPeer));
        }
        return results;
    }

    private async Task<List<double>> GapsAsync(IFailoverSubject subject, ProviderCluster cluster, int faults)
    {
        var gaps = new List<double>();
        await using var writer = new GapWriter(subject);
        while (gaps.Count < faults)
        {
            await WritesAsync(writer, subject, WritesBefore);
            var started = Stopwatch.GetTimestamp();
            await Task.WhenAll(cluster.Take(fault.AllServers ? cluster.Count : 1).Select(fault.BreakAsync));
            await WritesAsync(writer, subject, WritesAfter);
            gaps.Add(writer.LongestGapSince(started));
            await cluster.HealAsync();
            // The next fault must find the subject on the first server again, or it would break one that nobody uses.
            await subject.UsesFirstAsync(cluster[0], Limit);
            if (gaps.Count % 10 == 0 || gaps.Count == faults) Console.Error.WriteLine($"  {subject.Name}: {gaps.Count} of {faults}");
        }
        return gaps;
    }

    private async Task WritesAsync(GapWriter writer, IFailoverSubject subject, int count)
    {
        if (!await writer.AcknowledgesAsync(count, Limit))
            throw new InvalidOperationException($"{subject.Name}: no write for {Limit.TotalSeconds:0} s, {fault.Description}.", writer.Error);
    }

    private IEnumerable<Measurement> Rows(string subject, List<double> gaps, bool isPeer)
    {
        double[] sorted = [.. gaps.Order()];
        double At(double share) => sorted[Math.Max(0, (int)Math.Ceiling(sorted.Length * share) - 1)];
        foreach (var (figure, value, bound) in new[] { ("p50", At(0.5), Bound.P95), ("p95", At(0.95), Bound.P95), ("worst", sorted[^1], Bound.Worst) })
        {
            // A peer has no target of ours to meet; it stands beside.
            var target = Target.Most(isPeer ? double.PositiveInfinity : bound, "ms");
            yield return new Measurement($"{fault.Description}, gap between acknowledged writes, {figure} of {sorted.Length}: {subject}", "ms", value, null, value, target,
                figure == "p50" ? [.. gaps.Select(gap => new Round(gap, double.NaN))] : []);
        }
    }

    private (double P95, double Worst) Bound => fault.Name switch
    {
        "failover-kill" => (100, 300),
        "failover-all-down" => (50, 50),
        _ => (400, 400),
    };
}
