using Holdfast.Providers.Failures;
using Npgsql;

namespace Holdfast.Operations.Verification;

/// <summary>Runs tests one after the other and tells of each as it ends. A test that throws has failed; none of them stops the others.</summary>
internal sealed class TestList(TimeProvider time, Action<VerificationTest> ended)
{
    /// <summary>A frozen server answers nothing, not even a cancellation: the test ends all the same.</summary>
    private static readonly TimeSpan TestMax = TimeSpan.FromSeconds(20);

    private readonly List<VerificationTest> _tests = [];

    public IReadOnlyList<VerificationTest> Tests => _tests;

    /// <summary>True when the test passed. It says what it saw; it throws what is wrong.</summary>
    public async Task<bool> RunAsync(string? provider, string name, Func<CancellationToken, Task<string>> test, CancellationToken cancellationToken, TimeSpan? limit = null)
    {
        var started = time.GetTimestamp();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            var detail = await Task.Run(() => test(stop.Token), CancellationToken.None).WaitAsync(limit ?? TestMax, time, cancellationToken).ConfigureAwait(false);
            Add(provider, name, TestState.Passed, detail, null, time.GetElapsedTime(started));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested && e is HoldfastException or NpgsqlException or IOException or UnauthorizedAccessException or TimeoutException or OperationCanceledException)
        {
            await stop.CancelAsync().ConfigureAwait(false);
            Add(provider, name, TestState.Failed, e.Message, AdviceOf(e), time.GetElapsedTime(started));
            return false;
        }
    }

    public void Add(string? provider, string name, TestState state, string detail, string? advice = null, TimeSpan took = default)
    {
        var test = new VerificationTest(_tests.Count + 1, provider, name, state, detail, advice, took.TotalMilliseconds);
        _tests.Add(test);
        ended(test);
    }

    public void Skip(string? provider, string name, string reason) => Add(provider, name, TestState.Skipped, reason);

    private static string? AdviceOf(Exception error) => error is VerificationFailedException failed ? failed.Advice
        : error is InvalidInputException ? "holdfast config check" : FailureClassifier.Classify(error, sent: true).Advice;
}
