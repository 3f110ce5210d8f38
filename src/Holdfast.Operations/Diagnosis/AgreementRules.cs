using Holdfast.Providers.Probing;

namespace Holdfast.Operations.Diagnosis;

/// <summary>What providers should agree on: the schema, the time, and that they are different servers.</summary>
internal static class AgreementRules
{
    /// <summary>Clocks that differ by less do no harm that anybody would notice.</summary>
    private static readonly TimeSpan ClockMax = TimeSpan.FromSeconds(1);

    public static IEnumerable<Finding> Find(DiagnosisFacts facts) => Versions(facts).Concat(Clocks(facts)).Concat(Twins(facts));

    private static IEnumerable<Finding> Versions(DiagnosisFacts facts)
    {
        var known = facts.Providers.Where(provider => provider.Report.Facts.SchemaVersion is not null).ToList();
        foreach (var behind in known.Where(provider => provider.Report.Facts.SchemaAwaited is not null))
            yield return new Finding(Severity.Warning, "schema_behind", behind.Name,
                $"{behind.Name} is at schema {behind.Report.Facts.SchemaVersion}; this program ships {behind.Report.Facts.SchemaAwaited}.",
                "It takes every row, but what the newer schema is for does not work there: a relay may not bring it what others have.", $"holdfast schema migrate --provider {behind.Name}", "seconds");
        known.RemoveAll(provider => provider.Report.Facts.SchemaAwaited is not null);
        var versions = known.GroupBy(provider => provider.Report.Facts.SchemaVersion!).OrderByDescending(group => Stores.Migrations.Migration.Number(group.Key)).ToList();
        if (versions.Count < 2) yield break;
        foreach (var behind in versions.Skip(1).SelectMany(group => group))
            yield return new Finding(Severity.Warning, "schema_version", behind.Name,
                $"{behind.Name} is at schema {behind.Report.Facts.SchemaVersion}, {string.Join(", ", versions[0].Select(provider => provider.Name))} at {versions[0].Key}.",
                "What a newer schema takes an older one may refuse: rows then wait for it.", $"holdfast schema migrate --provider {behind.Name}", "seconds");
    }

    private static IEnumerable<Finding> Clocks(DiagnosisFacts facts)
    {
        var known = facts.Providers.Where(provider => provider.Report.Facts.ClockOffset is not null).ToList();
        var off = known.Where(provider => IsOff(provider.Report.Facts)).ToList();
        if (off.Count == 0) yield break;
        // One that disagrees is wrong itself; where all disagree with this machine in the same direction, this machine is.
        if (off.Count == known.Count && known.Count > 1 && off.Select(provider => Math.Sign(provider.Report.Facts.ClockOffset!.Value.Ticks)).Distinct().Count() == 1)
        {
            yield return new Finding(Severity.Warning, "clock", "this machine",
                FormattableString.Invariant($"This machine's clock is {Words(off.Min(provider => provider.Report.Facts.ClockOffset!.Value))}: all {known.Count} providers say so."),
                "Stamps are corrected by the providers' time, so order stays right; certificates and logs are not.", "timedatectl set-ntp true", "a minute");
            yield break;
        }
        foreach (var provider in off)
            yield return new Finding(Severity.Warning, "clock", provider.Name,
                $"{provider.Name}'s clock and this machine's differ: this machine is {Words(provider.Report.Facts.ClockOffset!.Value)}.",
                known.Count > 1 ? "The other providers agree with this machine, so it is that server's clock. Stamps made on its time pull ahead or lag." : "There is no second provider to compare with. Stamps are corrected by that server's time.",
                known.Count > 1 ? "check NTP on that server, or ask the provider" : "timedatectl status", "minutes");
    }

    private static bool IsOff(ProbeFacts facts) => facts.ClockOffset!.Value.Duration() > ClockMax + (facts.ClockUncertainty ?? TimeSpan.Zero);

    private static string Words(TimeSpan serverMinusOurs) =>
        FormattableString.Invariant($"{serverMinusOurs.Duration().TotalSeconds:0.#} s {(serverMinusOurs > TimeSpan.Zero ? "behind" : "ahead")}");

    private static IEnumerable<Finding> Twins(DiagnosisFacts facts) => facts.Providers
        .GroupBy(provider => $"{provider.Host}:{provider.Port}/{provider.Database}", StringComparer.OrdinalIgnoreCase).Where(group => group.Count() > 1)
        .Select(group => new Finding(Severity.Warning, "same_database", string.Join(", ", group.Select(provider => provider.Name)),
            $"{string.Join(" and ", group.Select(provider => provider.Name))} are the same database ({group.Key}).", "They count as several holders of a row, but there is one copy.", "holdfast config check", "minutes"));
}
