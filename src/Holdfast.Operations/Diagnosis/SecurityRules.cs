using Holdfast.Providers.Configuration;
using Holdfast.Providers.Probing;

namespace Holdfast.Operations.Diagnosis;

/// <summary>What others could read or take over: connections, certificates, files; and a configuration that cannot be used.</summary>
internal static class SecurityRules
{
    private const int DaysLeftMin = 14;

    public static IEnumerable<Finding> Find(DiagnosisFacts facts)
    {
        foreach (var error in facts.ConfigurationErrors)
            yield return new Finding(Severity.Critical, "configuration", "all", error, "Commands and services that read this configuration refuse to start.", "holdfast config check", "a minute");
        foreach (var provider in facts.Providers)
        {
            if (provider.Report.Facts is { CertificateDaysLeft: { } days } && days < DaysLeftMin && provider.Report.FailedStep?.Step != ProbeStep.Tls)
                yield return new Finding(days < 3 ? Severity.Critical : Severity.Warning, "certificate_ends", provider.Name,
                    days < 0 ? $"The certificate of {provider.Name} has ended {-days} days ago; the connection does not check it." : $"The certificate of {provider.Name} ends in {days} days.",
                    "From then on connections that check it are refused.", "renew it on that server; providers do so by themselves", "minutes");
            else if (provider.Report.Facts.CertificateProblem is { } problem && provider.Report.FailedStep?.Step != ProbeStep.Tls)
                yield return new Finding(Severity.Warning, "certificate_unchecked", provider.Name, $"The certificate of {provider.Name} {problem}, and sslmode={provider.SslMode} accepts it.",
                    "Whoever stands in between can show any certificate and read everything.", "holdfast config check", "minutes: sslmode=verify-full, with sslrootcert=FILE");
        }
        foreach (var provider in facts.Providers.Where(provider => provider is { Report.Facts.IsByTenant: true, HasRelay: false } && facts.Providers.Count > 1))
            yield return new Finding(Severity.Warning, "relay_role", provider.Name, $"Row-level security shows the role of {provider.Name} one tenant at a time, and the relay has no role of its own there.",
                "Nothing is brought over from or to it, and it cannot be compared; what processes write themselves still reaches it.", $"set {SettingNames.Relay(provider.Name)} to a connection of the role that 'holdfast access apply --row-security' makes for the relay", "minutes");
        foreach (var provider in facts.Providers.Where(provider => provider.Relay?.Problem is not null))
            yield return new Finding(Severity.Warning, "relay_role", provider.Name, $"The relay cannot work at {provider.Name}: {provider.Relay!.Problem}",
                "Nothing is brought over from or to it, and it cannot be compared; what processes write themselves still reaches it.", provider.Relay.Advice!, "minutes");
        foreach (var warning in facts.ConfigurationWarnings)
            yield return new Finding(Severity.Warning, "configuration_warning", "all", warning, "It works, but leaves something open.", "holdfast config check", "minutes");
    }
}
