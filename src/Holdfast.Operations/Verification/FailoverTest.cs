using Holdfast.Operations.Drills;

namespace Holdfast.Operations.Verification;

/// <summary>The primary is cut off inside this process while rows are being written: none may fail, be missing or be there twice.</summary>
internal sealed class FailoverTest(TestList tests, HoldfastOptions options, TimeSpan cutFor, TimeSpan recoveryMax)
{
    private const string Name = "failover: the primary is cut off inside this process, and comes back";

    private static readonly TimeSpan TestMax = TimeSpan.FromMinutes(3);

    public async Task RunAsync(bool mayWrite, IReadOnlyList<ProviderOptions> usable, string? only, CancellationToken cancellationToken)
    {
        var reason = !mayWrite ? "writes are frozen"
            : only is not null ? "one provider alone was asked for"
            : !options.Failover.Enabled ? "failover is switched off"
            : options.Providers.Count < 2 ? $"it needs two providers; configured: {options.Providers.Count}"
            : usable.Count < 2 ? $"it needs two providers without a failure; there is {(usable.Count == 0 ? "none" : $"only {usable[0].Name}")}"
            : null;
        if (reason is not null)
        {
            tests.Skip(null, Name, reason);
            return;
        }
        await tests.RunAsync(usable[0].Name, Name, token => CutAsync(usable, token), cancellationToken, TestMax).ConfigureAwait(false);
    }

    private async Task<string> CutAsync(IReadOnlyList<ProviderOptions> usable, CancellationToken cancellationToken)
    {
        var plan = new DrillPlan(usable[0].Name, DrillFault.Refuse, cutFor) { RecoveryMax = recoveryMax };
        var report = await new ProviderDrill(options) { TenantId = Verifier.Tenant, Providers = usable }.RunAsync(plan, cancellationToken).ConfigureAwait(false);
        if (report.Problem is { } problem) throw new VerificationFailedException($"{problem} ({report.Acknowledged} were acknowledged)", $"holdfast provider drill {report.Provider}");
        return FormattableString.Invariant($"{report.CarriedBy} took over after {report.CarriedMilliseconds:0} ms, longest gap {report.LongestGapMilliseconds:0} ms, {report.Acknowledged} writes: lost 0, doubled 0; {report.Provider} leads again");
    }
}
