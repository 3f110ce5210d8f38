using Holdfast.Providers.Failures;

namespace Holdfast.Providers.Probing;

/// <summary>A rung that found by itself what is wrong; what servers and drivers throw is classified instead.</summary>
/// <param name="cause">Why.</param>
/// <param name="fact">What was seen.</param>
/// <param name="advice">What to do; null: what is always said of that cause.</param>
internal sealed class ProbeFailedException(FailureCause cause, string fact, string? advice = null) : HoldfastException(fact)
{
    public FailureCause Cause { get; } = cause;

    public string? Advice { get; } = advice;
}
