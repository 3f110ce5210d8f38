namespace Holdfast.Operations.Diagnosis;

/// <summary>From facts to ranked findings; no I/O, so that every rule is tested as a table.</summary>
internal static class DiagnosisRules
{
    private static readonly Func<Facts, IEnumerable<Finding>>[] Rules =
        [NetworkRule.Find, ProviderRules.Find, ControlRules.Find, LocalRules.Find, AgreementRules.Find, SecurityRules.Find];

    public static DiagnosisReport Of(Facts facts)
    {
        // Within a severity the order of the rules: what explains other findings stands before them.
        var findings = Rules.SelectMany(rule => rule(facts)).OrderBy(finding => finding.Severity).ToList();
        var isReachable = facts.Providers.Count == 0 || facts.Providers.Any(provider => provider.Answers);
        return new DiagnosisReport(Verdict(facts, findings, isReachable), findings, isReachable);
    }

    private static string Verdict(Facts facts, List<Finding> findings, bool isReachable) => findings switch
    {
        [] when facts.Providers.Count == 0 => "Nothing is wrong. No provider is configured: the memory is the local file.",
        [] => $"Nothing is wrong: {(facts.Providers.Count == 1 ? "the provider takes" : $"all {facts.Providers.Count} providers take")} rows.",
        _ when !isReachable => "No provider can be reached; writes go to the local file and are passed on when one returns.",
        _ when findings[0].Severity == Severity.Critical => $"{Count(findings, Severity.Critical)} must be mended now.",
        _ => $"It works; {findings.Count} {(findings.Count == 1 ? "thing" : "things")} should be looked at.",
    };

    private static string Count(List<Finding> findings, Severity severity) => findings.Count(finding => finding.Severity == severity) is var count and not 1 ? $"{count} things" : "1 thing";
}
