using Holdfast.Operations.Drills;
using Holdfast.TestServers;

namespace Holdfast.Bench.Failover;

/// <summary>What happens to servers while a writer writes.</summary>
internal sealed record FailoverFault(string Name, string Description, bool AllServers, Func<ClusterMember, Task> BreakAsync)
{
    public static readonly FailoverFault Kill = new("failover-kill", "the primary is killed", false, member => member.Server.KillAsync());

    public static readonly FailoverFault Freeze = new("failover-freeze", "the primary is frozen", false, member =>
    {
        member.Server.Freeze();
        return Task.CompletedTask;
    });

    public static readonly FailoverFault Blackhole = new("failover-blackhole", "the primary is blackholed", false, member =>
    {
        member.Proxy.Set(FaultMode.Blackhole);
        return Task.CompletedTask;
    });

    public static readonly FailoverFault AllDown = new("failover-all-down", "all servers are killed", true, member => member.Server.KillAsync());
}
