namespace Holdfast.Operations.Diagnosis;

/// <summary>Is it my network? When providers that have nothing in common are all cut off, it is what they share: this machine's way out.</summary>
internal static class NetworkRule
{
    public static bool Applies(Facts facts)
    {
        var away = facts.Providers.Where(provider => !provider.IsThisMachine).ToList();
        return away.Count >= 2 && away.All(provider => provider.IsCutOff) && away.Select(provider => provider.Host).Distinct(StringComparer.OrdinalIgnoreCase).Count() >= 2;
    }

    public static IEnumerable<Finding> Find(Facts facts)
    {
        if (!Applies(facts)) yield break;
        var away = facts.Providers.Where(provider => !provider.IsThisMachine).ToList();
        var first = away[0];
        var names = away.All(provider => provider.Report.FailedStep!.Step == Holdfast.Providers.Probing.ProbeStep.Dns);
        yield return new Finding(Severity.Critical, "network", "network",
            $"None of {string.Join(", ", away.Select(provider => provider.Name))} can be reached: {(names ? "no name resolves" : "no connection is accepted")}.",
            "They run on different hosts, so it is this machine's network and not the providers. Writes go to the local file meanwhile.",
            names ? $"getent hosts {first.Host}; resolvectl status" : $"ip route; curl -v telnet://{first.Host}:{first.Port}",
            "minutes; nothing of Holdfast is to be changed");
    }
}
