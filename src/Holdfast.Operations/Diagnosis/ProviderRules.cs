using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.Rows;

namespace Holdfast.Operations.Diagnosis;

/// <summary>What is wrong with one provider, told together with how the others are.</summary>
internal static class ProviderRules
{
    public static IEnumerable<Finding> Find(Facts facts)
    {
        var isNetwork = NetworkRule.Applies(facts);
        foreach (var provider in facts.Providers)
        {
            if (provider.Report.FailedStep is not { Failure: { } failure } step) continue;
            if (isNetwork && provider is { IsCutOff: true, IsThisMachine: false }) continue;
            var isLast = !facts.Healthy.Any();
            yield return new Finding(isLast ? Severity.Critical : Severity.Warning, Code(step, failure), provider.Name,
                $"{provider.Name} fails at {EnumText<ProbeStep>.Of(step.Step)}: {failure.Message}", $"{Compare(facts, provider)} {Meaning(failure, isLast)}",
                step.Advice ?? failure.Advice, Takes(failure.Cause));
        }
    }

    private static string Code(ProbeStepResult step, Failure failure) => failure.Cause switch
    {
        FailureCause.Down when step.Step == ProbeStep.Dns => "name_unresolved",
        FailureCause.Down when step.Step == ProbeStep.Tcp => "unreachable",
        FailureCause.Down => "silent",
        var cause => EnumText<FailureCause>.Of(cause),
    };

    private static string Compare(Facts facts, ProviderFacts provider)
    {
        var answering = facts.Providers.Where(other => other != provider && other.Answers).Select(other => other.Name).ToList();
        return answering switch
        {
            { Count: > 0 } => $"{string.Join(" and ", answering)} {(answering.Count == 1 ? "answers" : "answer")}, so it is this provider and not the network.",
            _ when facts.Providers.Count == 1 => "There is no second provider to compare with, so it may be this machine's network as well.",
            _ => "No other provider answers either.",
        };
    }

    private static string Meaning(Failure failure, bool isLast) => isLast
        ? "No provider takes rows: the local file alone holds what is written now."
        : failure.RefusesRowsOnly ? "It is passed over for writes; the others carry them." : "The others carry reads and writes; there is one copy less.";

    private static string Takes(FailureCause cause) => cause switch
    {
        FailureCause.Starting or FailureCause.Asleep or FailureCause.Contention or FailureCause.Cancelled => "seconds, by itself",
        FailureCause.Authentication or FailureCause.Configuration => "a minute, then two minutes until it is tried again",
        FailureCause.Drift or FailureCause.ReadOnly or FailureCause.Saturated or FailureCause.LocalPool or FailureCause.StatementTimeout => "a minute",
        FailureCause.Tls => "minutes",
        FailureCause.Paused => "minutes, in the provider's console",
        FailureCause.Quota or FailureCause.DiskFull => "minutes in the provider's console, or until the next period",
        _ => "minutes, or until the provider is back",
    };
}
