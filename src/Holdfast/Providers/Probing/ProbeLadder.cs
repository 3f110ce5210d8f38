using System.Net;
using Holdfast.Providers.Failures;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>
/// Climbs from the host's name to a committed row and says on which rung a provider fails, why, and what to do. Every run opens a
/// connection of its own: a pool would answer from connections that a new client no longer gets.
/// </summary>
internal sealed class ProbeLadder
{
    private readonly string _provider;
    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _schema;
    private readonly TimeProvider _time;
    private readonly ProbeDeadlines _deadlines;
    private readonly (ProbeStep Step, Func<ProbeRun, CancellationToken, Task<string?>> Climb)[] _rungs;

    /// <param name="provider">The provider's name, for the report.</param>
    /// <param name="settings">Where rows are written and read; taken as it is now.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="time">The clock.</param>
    /// <param name="deadlines">How long it may take; null: 3 s a rung, 10 s in all.</param>
    /// <param name="resolver">Names to addresses; null: the machine's.</param>
    /// <param name="certificateHost">The server's name in TLS, where the way leads through a proxy; null: the connection's host.</param>
    public ProbeLadder(string provider, NpgsqlConnectionStringBuilder settings, string schema, TimeProvider time, ProbeDeadlines? deadlines = null, IResolver? resolver = null, string? certificateHost = null)
    {
        _provider = provider;
        _settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
        _schema = SchemaName.Check(schema);
        _time = time;
        _deadlines = deadlines ?? ProbeDeadlines.Default;
        var network = new NetworkRungs(_settings, resolver ?? Resolver.Machine);
        var server = new ServerRungs(_settings, _schema, time, _deadlines.Step, certificateHost);
        _rungs =
        [
            (ProbeStep.Dns, network.ResolveAsync), (ProbeStep.Tcp, network.ConnectAsync), (ProbeStep.Tls, new TlsRung(_settings, time, certificateHost).ClimbAsync),
            (ProbeStep.Auth, server.OpenAsync), (ProbeStep.Read, server.ReadAsync), (ProbeStep.Write, server.WriteAsync),
            (ProbeStep.Schema, new SchemaRung(provider, _schema).ClimbAsync),
        ];
    }

    /// <summary>Runs all rungs up to the first that fails. A provider's failure is in the report; only the caller's cancellation is thrown.</summary>
    public async Task<ProbeReport> RunAsync(CancellationToken cancellationToken)
    {
        var (startedAt, started) = (_time.GetUtcNow(), _time.GetTimestamp());
        var run = new ProbeRun();
        var steps = new List<ProbeStepResult>(_rungs.Length);
        try
        {
            foreach (var (step, climb) in _rungs)
            {
                if (steps is [.., { State: ProbeState.Failed or ProbeState.NotReached }])
                {
                    steps.Add(new(step, ProbeState.NotReached, TimeSpan.Zero, "not reached"));
                    continue;
                }
                var left = _deadlines.Total - _time.GetElapsedTime(started);
                var deadline = left < _deadlines.Step ? left : _deadlines.Step;
                steps.Add(await ClimbAsync(step, climb, run, deadline, cancellationToken).ConfigureAwait(false));
            }
        }
        finally
        {
            Abandon(run);
        }
        return new ProbeReport(_provider, startedAt, _time.GetElapsedTime(started), steps, run.Facts);
    }

    private async Task<ProbeStepResult> ClimbAsync(
        ProbeStep step, Func<ProbeRun, CancellationToken, Task<string?>> climb, ProbeRun run, TimeSpan deadline, CancellationToken cancellationToken)
    {
        var started = _time.GetTimestamp();
        var stop = new CancellationTokenSource();
        // Not awaited to its end: Npgsql's own reaction to a cancelled token asks the frozen server once more and waits for it.
        var work = Task.Run(() => climb(run, stop.Token), CancellationToken.None);
        run.Climbing = work;
        try
        {
            var detail = await work.WaitAsync(deadline > TimeSpan.Zero ? deadline : TimeSpan.FromTicks(1), _time, cancellationToken).ConfigureAwait(false);
            return new(step, detail is null ? ProbeState.NotAsked : ProbeState.Passed, _time.GetElapsedTime(started), detail ?? "not asked for");
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var duration = _time.GetElapsedTime(started);
            if (!work.IsCompleted)
            {
                e = new TimeoutException(FormattableString.Invariant($"No answer within {deadline.TotalSeconds:0.###} s."));
                _ = stop.CancelAsync();
            }
            var failure = e is ProbeFailedException found
                ? new Failure(AttemptOutcome.NotExecuted, found.Cause, found.Message)
                : FailureClassifier.Classify(e, sent: step > ProbeStep.Auth);
            var advice = (e as ProbeFailedException)?.Advice ?? ProbeAdvice.For(_provider, step, failure, _settings, _schema);
            return new(step, ProbeState.Failed, duration, failure.Message, failure, advice);
        }
        catch
        {
            _ = stop.CancelAsync();
            cancellationToken.ThrowIfCancellationRequested();
            throw;
        }
    }

    // Closing may wait for a frozen server just as everything else does, so nobody waits for it.
    private static void Abandon(ProbeRun run) => run.Climbing.ContinueWith(
        static async (work, state) =>
        {
            // Its failure is in the report already, or came after the deadline that is.
            _ = work.Exception;
            await ((ProbeRun)state!).DisposeAsync().ConfigureAwait(false);
        }, run, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
}
