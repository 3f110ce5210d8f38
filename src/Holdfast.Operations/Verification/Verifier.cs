using Holdfast.Operations.Drills;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Control;

namespace Holdfast.Operations.Verification;

/// <summary>
/// Proves that a memory works as configured: it writes, reads back and compares on every provider by itself, and cuts the
/// primary off. What it wrote it empties again.
/// </summary>
internal sealed class Verifier(HoldfastConfiguration configuration, TimeProvider time)
{
    public const string Tenant = "holdfast-verify";

    /// <summary>How long the primary is cut off.</summary>
    public TimeSpan CutFor { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long the primary may take to come back, and the others to hold all rows.</summary>
    public TimeSpan RecoveryMax { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Only this provider; null: all.</summary>
    public string? Only { get; init; }

    /// <param name="ended">Called with each test as it ends.</param>
    /// <param name="cancellationToken">Stops between tests.</param>
    public async Task<VerificationReport> RunAsync(Action<VerificationTest> ended, CancellationToken cancellationToken)
    {
        var tests = new TestList(time, ended);
        await RuntimeTests.RunAsync(tests, cancellationToken).ConfigureAwait(false);
        ConfigurationTests.Run(tests, configuration);
        var mayWrite = await tests.RunAsync(null, "writes are not frozen", NotFrozenAsync, cancellationToken).ConfigureAwait(false);
        var usable = new List<ProviderOptions>();
        foreach (var provider in configuration.Options.Providers.Where(provider => Only is null || provider.Name == Only))
            if (await new ProviderTests(tests, configuration.Options, provider, time).RunAsync(mayWrite, cancellationToken).ConfigureAwait(false)) usable.Add(provider);
        await new LocalFileTests(tests, configuration.Options, time).RunAsync(mayWrite, cancellationToken).ConfigureAwait(false);
        await new FailoverTest(tests, configuration.Options, CutFor, RecoveryMax).RunAsync(mayWrite, usable, Only, cancellationToken).ConfigureAwait(false);
        return new VerificationReport(tests.Tests);
    }

    private Task<string> NotFrozenAsync(CancellationToken cancellationToken) =>
        new ControlFile(HoldfastHome.Resolve(configuration.Options.Home)).Read() is { FrozenSince: { } since } frozen
            ? throw new VerificationFailedException($"frozen since {since:u} by {frozen.ChangedBy}", "holdfast freeze off")
            : Task.FromResult("no freeze is in force");
}
