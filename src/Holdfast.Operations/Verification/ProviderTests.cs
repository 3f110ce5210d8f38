using Holdfast.Providers.Configuration;
using Holdfast.Providers.Probing;
using Npgsql;

namespace Holdfast.Operations.Verification;

/// <summary>All tests of one provider, from the host's name to a session that was saved, loaded and deleted there.</summary>
internal sealed class ProviderTests(TestList tests, HoldfastOptions options, ProviderOptions provider, TimeProvider time)
{
    /// <summary>True when every test passed.</summary>
    public async Task<bool> RunAsync(bool mayWrite, CancellationToken cancellationToken)
    {
        var before = tests.Tests.Count;
        if (Settings() is not { } settings) return false;
        var report = await new ProbeLadder(provider.Name, settings, options.Schema, time).RunAsync(cancellationToken).ConfigureAwait(false);
        foreach (var step in report.Steps) Add(step);
        if (report.Steps.Any(step => step is { Step: ProbeStep.Read, State: ProbeState.Passed }))
        {
            await tests.RunAsync(provider.Name, "privileges of the role", token => RolePrivileges.CheckAsync(provider.Name, settings, options.Schema, token), cancellationToken).ConfigureAwait(false);
            if (provider.RelayConnection is { IsEmpty: false }) await TryRelayAsync(report, cancellationToken).ConfigureAwait(false);
            await new StoreTests(tests, provider.Name, token => MemoryOpener.OnAsync(provider, options, token)).RunAsync(mayWrite, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            tests.Skip(provider.Name, "session, knowledge, settings, privileges", "not reached: it does not answer a query");
        }
        return tests.Tests.Skip(before).All(test => test.State != TestState.Failed);
    }

    private async Task TryRelayAsync(ProbeReport report, CancellationToken cancellationToken)
    {
        const string Name = "the relay is let in and sees all tenants";
        var started = time.GetTimestamp();
        var trial = await RelayTrial.RunAsync(provider, options.Schema, report, ProbeDeadlines.Default.Step, time, cancellationToken).ConfigureAwait(false);
        if (!trial.WasTried) tests.Skip(provider.Name, Name, "not tried: the provider itself has a trouble that comes first");
        else if (trial.Problem is { } problem) tests.Add(provider.Name, Name, TestState.Failed, problem, trial.Advice, time.GetElapsedTime(started));
        else tests.Add(provider.Name, Name, TestState.Passed, $"as {ProviderEndpoints.Relay(provider)!.Username}", took: time.GetElapsedTime(started));
    }

    // Null: it cannot be read, and the configuration's test has said so.
    private NpgsqlConnectionStringBuilder? Settings()
    {
        try
        {
            return ProviderEndpoints.Work(provider);
        }
        catch (InvalidInputException)
        {
            return null;
        }
    }

    private void Add(ProbeStepResult step) => tests.Add(provider.Name, Name(step.Step), step.State switch
    {
        ProbeState.Passed => TestState.Passed,
        ProbeState.Failed => TestState.Failed,
        _ => TestState.Skipped,
    }, step.Detail, step.Advice, step.Duration);

    private static string Name(ProbeStep step) => step switch
    {
        ProbeStep.Dns => "its name resolves",
        ProbeStep.Tcp => "its port accepts",
        ProbeStep.Tls => "TLS",
        ProbeStep.Auth => "the role is let in",
        ProbeStep.Read => "it answers a query",
        ProbeStep.Write => "it commits a row",
        _ => "its schema is this program's",
    };
}
