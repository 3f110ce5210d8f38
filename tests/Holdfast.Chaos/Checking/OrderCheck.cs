using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Writers;

namespace Holdfast.Chaos.Checking;

/// <summary>
/// Whether stamps follow what each writer process saw: what it writes stands above all that it had been acknowledged or had
/// read before. Within a session always; across sessions as far as the clock's drift bound.
/// </summary>
internal static class OrderCheck
{
    /// <param name="entries">The ledger.</param>
    /// <param name="crossesSessions">False for a writer whose own clock may be behind by more than the drift bound.</param>
    public static IReadOnlyList<string> Problems(IReadOnlyList<LedgerEntry> entries, Func<int, bool> crossesSessions)
    {
        var problems = new List<string>();
        foreach (var entry in entries.Where(entry => entry.State == Said.Ok))
        {
            var stamp = entry.Answer!.Stamp;
            if (stamp <= entry.FloorOfSession) problems.Add($"order: not above {entry.FloorOfSession}, which its writer knew in this session: {entry}");
            else if (stamp <= entry.FloorOfAll && crossesSessions(entry.Writer)) problems.Add($"order: not above {entry.FloorOfAll}, which its writer knew: {entry}");
        }
        return problems;
    }

    /// <summary>Writes that nobody took although the local file could have.</summary>
    public static IReadOnlyList<string> Refused(IReadOnlyList<LedgerEntry> entries) =>
        [.. entries.Where(entry => entry is { IsMessage: true, Answer.Said: Said.Info or Said.Fail, Intent: { Kind: not WriteKind.Invalid, Concern: WriteConcern.Available or WriteConcern.Local } })
            .Select(entry => $"refused although the local file was there: {entry}")];
}
