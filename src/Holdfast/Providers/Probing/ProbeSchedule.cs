using Holdfast.Providers.Failures;

namespace Holdfast.Providers.Probing;

/// <summary>What decides how soon a provider is probed again.</summary>
internal enum ProbePace
{
    /// <summary>It works.</summary>
    Healthy,
    /// <summary>It does not, and probing it does no harm.</summary>
    Failed,
    /// <summary>It is a backup that sleeps; probing wakes it, and waking costs money.</summary>
    Asleep,
    /// <summary>It refused our settings or our password; trying again can get this address banned.</summary>
    Refused,
}

/// <summary>When a provider is probed next. Processes that were started together do not probe together: each wait is up to a fifth off.</summary>
internal static class ProbeSchedule
{
    private const double Jitter = 0.2;

    /// <summary>How long to wait.</summary>
    /// <param name="pace">What is known of the provider.</param>
    /// <param name="options">The intervals.</param>
    /// <param name="random">From 0 to below 1, as <see cref="Random.NextDouble"/> gives it.</param>
    public static TimeSpan Next(ProbePace pace, FailoverOptions options, double random) => pace switch
    {
        ProbePace.Asleep => options.ProbeIntervalAsleep * Around(random),
        // Never sooner than it says: the pause is what the providers' bans are measured by.
        ProbePace.Refused => options.ProbePauseAfterRefusedPassword * (1 + Jitter * random),
        _ => options.ProbeInterval * Around(random),
    };

    /// <summary>The pace after a probe or a failed attempt.</summary>
    /// <param name="failure">Why it failed; null: it did not.</param>
    /// <param name="asleep">The provider is a backup that is known to sleep.</param>
    public static ProbePace PaceOf(Failure? failure, bool asleep = false) => failure?.Cause switch
    {
        FailureCause.Authentication or FailureCause.Configuration => ProbePace.Refused,
        _ when asleep => ProbePace.Asleep,
        null => ProbePace.Healthy,
        _ => ProbePace.Failed,
    };

    private static double Around(double random) => 1 - Jitter + 2 * Jitter * random;
}
