namespace Holdfast.Operations.Verification;

/// <summary>How a test ended.</summary>
internal enum TestState
{
    /// <summary>As it should be.</summary>
    Passed,
    /// <summary>Not as it should be.</summary>
    Failed,
    /// <summary>Not made, for a reason that is said; that is not a failure.</summary>
    Skipped,
}

/// <summary>One test of a verification.</summary>
/// <param name="Number">Its place, from 1.</param>
/// <param name="Provider">What it was made on; null: on this machine.</param>
/// <param name="Name">What must be true.</param>
/// <param name="State">Whether it is.</param>
/// <param name="Detail">What was seen, without secrets.</param>
/// <param name="Advice">What to do about it.</param>
/// <param name="Milliseconds">How long it took.</param>
internal sealed record VerificationTest(int Number, string? Provider, string Name, TestState State, string Detail, string? Advice, double Milliseconds);

/// <summary>All tests of a verification.</summary>
internal sealed record VerificationReport(IReadOnlyList<VerificationTest> Tests)
{
    public int Passed => Tests.Count(test => test.State == TestState.Passed);

    public int Failed => Tests.Count(test => test.State == TestState.Failed);

    public int Skipped => Tests.Count(test => test.State == TestState.Skipped);

    /// <summary>No test failed.</summary>
    public bool IsWell => Failed == 0;
}
