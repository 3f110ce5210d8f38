using Polly;
using Polly.CircuitBreaker;

namespace Holdfast.Providers;

/// <summary>
/// Keeps calls away from a provider that fails. It opens after three failures in a row that the provider caused, after one
/// refused password, or when half of at least five within ten seconds fail; only a probe that passed closes it. Polly's default
/// of 100 calls would never open for an agent that writes now and then.
/// </summary>
internal sealed class ProviderBreaker
{
    private const int FailuresInARowMax = 3;

    private readonly CircuitBreakerManualControl _control = new();
    private readonly CircuitBreakerStateProvider _state = new();
    private readonly ResiliencePipeline _pipeline;
    private int _failuresInARow;

    public ProviderBreaker(TimeProvider time) => _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddCircuitBreaker(new CircuitBreakerStrategyOptions
        {
            FailureRatio = 0.5,
            MinimumThroughput = 5,
            SamplingDuration = TimeSpan.FromSeconds(10),
            // Probes close it; until one passes no call of the application is spent on finding out.
            BreakDuration = TimeSpan.FromDays(1),
            ShouldHandle = args => ValueTask.FromResult(args.Outcome.Exception is AttemptFailedException { OpensBreaker: true }),
            ManualControl = _control,
            StateProvider = _state,
        }).Build();

    public bool IsOpen => _state.CircuitState is CircuitState.Open or CircuitState.Isolated;

    /// <exception cref="BrokenCircuitException">It is open; nothing was sent.</exception>
    public async Task<T> ExecuteAsync<T>(Func<Task<T>> attempt)
    {
        try
        {
            var result = await _pipeline.ExecuteAsync(static async (state, _) => await state().ConfigureAwait(false), attempt, CancellationToken.None).ConfigureAwait(false);
            Volatile.Write(ref _failuresInARow, 0);
            return result;
        }
        catch (AttemptFailedException e) when (e.OpensBreaker)
        {
            if (Interlocked.Increment(ref _failuresInARow) >= FailuresInARowMax || e.OpensBreakerAtOnce) await OpenAsync().ConfigureAwait(false);
            throw;
        }
    }

    public Task OpenAsync() => _control.IsolateAsync();

    public Task CloseAsync()
    {
        Volatile.Write(ref _failuresInARow, 0);
        return IsOpen ? _control.CloseAsync() : Task.CompletedTask;
    }
}
