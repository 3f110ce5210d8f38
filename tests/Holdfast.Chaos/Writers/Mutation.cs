using Holdfast.Rows;

namespace Holdfast.Chaos.Writers;

/// <summary>A rule of the product that is switched off, to see that the checker notices.</summary>
internal enum Mutation
{
    /// <summary>None: the product as it is.</summary>
    None,
    /// <summary>Nothing is spooled: the local file's budget is used up from the start.</summary>
    SpoolOff,
    /// <summary>A merge is a plain insert: what came first stays, whatever its stamp.</summary>
    PlainInsert,
    /// <summary>The feed shows rows while older transactions are still running.</summary>
    FeedGapRuleOff,
    /// <summary>A stamp that was read does not move the clock.</summary>
    ClockObserveOff,
}

/// <summary>Puts a mutation into the options of a memory.</summary>
internal static class Mutations
{
    public static void Apply(this Mutation mutation, HoldfastOptions options)
    {
        if (mutation == Mutation.SpoolOff) options.Failover.SpoolBytesMax = 4096;
        options.Rules = mutation switch
        {
            Mutation.PlainInsert => MergeRules.All with { FirstStampWins = false },
            Mutation.FeedGapRuleOff => MergeRules.All with { FeedWaitsForOlderTransactions = false },
            Mutation.ClockObserveOff => MergeRules.All with { ReadStampsMoveTheClock = false },
            _ => MergeRules.All,
        };
    }
}
