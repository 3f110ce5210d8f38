using Holdfast.Rows;

namespace Holdfast.Relay.Digests;

/// <summary>What a repair did, by table and provider.</summary>
internal sealed class RepairCount
{
    private readonly List<(Table Table, string Provider, Guid Id, string Error)> _refused = [];
    private readonly Dictionary<(Table Table, string Provider), (long Copied, long Settled)> _done = [];

    public IReadOnlyList<(Table Table, string Provider, long Copied, long Settled)> Done =>
        [.. _done.OrderBy(done => done.Key.Table.Order).ThenBy(done => done.Key.Provider, StringComparer.Ordinal).Select(done => (done.Key.Table, done.Key.Provider, done.Value.Copied, done.Value.Settled))];

    /// <summary>Rows that a provider did not take, with its reason.</summary>
    public IReadOnlyList<(Table Table, string Provider, Guid Id, string Error)> RefusedRows => _refused;

    public long Total => _done.Values.Sum(done => done.Copied + done.Settled);

    public void Copied(Table table, string provider, long rows) => Add(table, provider, rows, 0);

    public void Settled(Table table, string provider, long rows) => Add(table, provider, 0, rows);

    public void Refused(Table table, string provider, Guid id, string error)
    {
        if (!_refused.Exists(refused => refused.Table == table && refused.Provider == provider && refused.Id == id)) _refused.Add((table, provider, id, error));
    }

    private void Add(Table table, string provider, long copied, long settled)
    {
        if (copied + settled == 0) return;
        var done = _done.GetValueOrDefault((table, provider));
        _done[(table, provider)] = (done.Copied + copied, done.Settled + settled);
    }
}

/// <summary>What a repair came to: what was found, what was done, and how it is now, read again.</summary>
internal sealed record RepairReport(ComparisonReport Before, RepairCount Count, ComparisonReport After);

/// <summary>Makes stores equal again, and says so only from reading them anew.</summary>
internal sealed class StoreRepair(IReadOnlyList<ComparedStore> stores, ComparisonOptions options)
{
    private const int RoundsMax = 20;

    public async Task<RepairReport> RunAsync(ComparisonReport before, CancellationToken cancellationToken)
    {
        var (count, after) = (new RepairCount(), before);
        // A round may only bring to light what the next one mends: a register whose revision has just come, rows behind the limit.
        for (var round = 0; round < RoundsMax && !after.IsEqual; round++)
        {
            var done = count.Total;
            await MendAsync(after, count, cancellationToken).ConfigureAwait(false);
            after = await new StoreComparison(stores, options).RunAsync(cancellationToken).ConfigureAwait(false);
            if (count.Total == done) break;
        }
        return new RepairReport(before, count, after);
    }

    private async Task MendAsync(ComparisonReport found, RepairCount count, CancellationToken cancellationToken)
    {
        var (check, rows) = (new DifferenceCheck(stores, options), new RowRepair(stores, count));
        var registers = new RegisterRepair(stores, check, rows, count);
        foreach (var group in found.Rows.GroupBy(row => row.Table).OrderBy(group => group.Key.Order))
        {
            if (group.Key.Kind == TableKind.Append) await rows.MendAsync(group.Key, [.. group], cancellationToken).ConfigureAwait(false);
            else await registers.MendAsync(group.Key, [.. group], cancellationToken).ConfigureAwait(false);
        }
    }
}
