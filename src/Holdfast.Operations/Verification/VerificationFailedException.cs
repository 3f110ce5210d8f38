namespace Holdfast.Operations.Verification;

/// <summary>A test saw something else than what must be.</summary>
/// <param name="fact">What was seen.</param>
/// <param name="advice">What to do about it.</param>
internal sealed class VerificationFailedException(string fact, string? advice = null) : HoldfastException(fact)
{
    public string? Advice { get; } = advice;
}
