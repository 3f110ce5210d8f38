namespace Holdfast.Tests.Faults;

/// <summary>A row as the checker finds it, or as its writer made it.</summary>
internal sealed record LedgerRow(string Session, string Type, string Text);

/// <summary>What was attempted and what was acknowledged, apart from the memory that is tested.</summary>
internal sealed class Ledger
{
    private readonly Lock _lock = new();
    private readonly HashSet<LedgerRow> _attempted = [];
    private readonly List<LedgerRow> _acknowledged = [];

    public void Attempt(LedgerRow row)
    {
        lock (_lock)
            if (!_attempted.Add(row)) throw new InvalidOperationException($"{row} is no row of its own: the checker could not tell it from another.");
    }

    public void Acknowledge(LedgerRow row)
    {
        lock (_lock) _acknowledged.Add(row);
    }

    /// <summary>A session's acknowledged rows in its writer's order.</summary>
    public List<LedgerRow> Acknowledged(string session)
    {
        lock (_lock) return [.. _acknowledged.Where(row => row.Session == session)];
    }

    /// <summary>
    /// What is wrong with a server's rows, given in the order of their stamps: an acknowledged row that is missing or there twice,
    /// a row that nobody wrote or whose content is another, a session whose order is not its writer's. Empty: nothing.
    /// </summary>
    public IReadOnlyList<string> Problems(IReadOnlyList<LedgerRow> stored)
    {
        var problems = new List<string>();
        lock (_lock)
        {
            var counts = stored.CountBy(row => row).ToDictionary();
            problems.AddRange(_acknowledged.Where(row => !counts.ContainsKey(row)).Select(row => $"lost: {row}"));
            problems.AddRange(counts.Where(row => row.Value > 1).Select(row => $"{row.Value} times: {row.Key}"));
            problems.AddRange(counts.Keys.Where(row => !_attempted.Contains(row)).Select(row => $"nobody wrote: {row}"));
            var acknowledged = _acknowledged.ToHashSet();
            foreach (var session in _acknowledged.GroupBy(row => row.Session))
            {
                if (!stored.Where(row => row.Session == session.Key && acknowledged.Contains(row)).Distinct().SequenceEqual(session.Where(counts.ContainsKey)))
                    problems.Add($"another order than the writer's: session {session.Key}");
            }
        }
        return problems;
    }
}
