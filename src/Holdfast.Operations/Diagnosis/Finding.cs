namespace Holdfast.Operations.Diagnosis;

/// <summary>How much a finding matters.</summary>
internal enum Severity
{
    /// <summary>Writes are refused or can be lost now.</summary>
    Critical,
    /// <summary>It works, but with less safety than configured.</summary>
    Warning,
    /// <summary>Worth knowing.</summary>
    Notice,
}

/// <summary>Something that is not as it should be.</summary>
/// <param name="Severity">How much it matters.</param>
/// <param name="Code">A word for it that does not change: for scripts and the runbook.</param>
/// <param name="Subject">What it concerns: a provider's name, <c>local</c>, <c>network</c>, <c>all</c>.</param>
/// <param name="What">What was seen.</param>
/// <param name="Why">Why it matters, and what speaks for or against this cause.</param>
/// <param name="Command">What mends it: a command, or a step elsewhere.</param>
/// <param name="Takes">How long that takes.</param>
internal sealed record Finding(Severity Severity, string Code, string Subject, string What, string Why, string Command, string Takes);

/// <summary>What a diagnosis came to.</summary>
/// <param name="Verdict">In one sentence.</param>
/// <param name="Findings">The worst first.</param>
/// <param name="IsReachable">False: providers are configured and none of them answers.</param>
internal sealed record DiagnosisReport(string Verdict, IReadOnlyList<Finding> Findings, bool IsReachable);
