using Holdfast.Providers;
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
            await tests.RunAsync(provider.Name, "privileges of the role", token => RolePrivileges.CheckAsync(settings, options.Schema, token), cancellationToken).ConfigureAwait(false);
            if (provider.RelayConnection is { IsEmpty: false })
                await tests.RunAsync(provider.Name, "the relay is let in and sees all tenants", RelayAsync, cancellationToken).ConfigureAwait(false);
            await new StoreTests(tests, provider.Name, token => MemoryOpener.OnAsync(provider, options, token)).RunAsync(mayWrite, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            tests.Skip(provider.Name, "session, knowledge, settings, privileges", "not reached: it does not answer a query");
        }
        return tests.Tests.Skip(before).All(test => test.State != TestState.Failed);
    }

    private async Task<string> RelayAsync(CancellationToken cancellationToken) =>
        await RelayLogIn.ProblemAsync(provider, options, ProbeDeadlines.Default.Step, cancellationToken).ConfigureAwait(false) is { } problem
            ? throw new VerificationFailedException(problem, $"set {SettingNames.Relay(provider.Name)} to the connection of the relay's role at this provider")
            : $"as {ProviderEndpoints.Relay(provider)!.Username}";

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
