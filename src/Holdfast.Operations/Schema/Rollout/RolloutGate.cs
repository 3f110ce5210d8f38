using Holdfast.Operations.Schema.Migrations;

namespace Holdfast.Operations.Schema.Rollout;

/// <summary>
/// Lets a rollout go from one provider to the next. Where files ran the provider is compared at once. One that had them already is compared only when something
/// is to be done behind it, so that a set that is current everywhere costs one look each.
/// </summary>
internal sealed class RolloutGate(RolloutCheck check)
{
    private readonly List<(string Name, MigrationTarget Target)> _unchecked = [];

    /// <summary>Hears of providers that are compared because something is to be done behind them.</summary>
    public Action<string, ProviderChecked>? Compared { get; init; }

    /// <summary>Something is to be done on a provider: those before it must be what their migrations make.</summary>
    /// <param name="rows">Its history so far.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RolloutDriftException">One of them is not; nothing was done.</exception>
    public async Task BeforeAsync(IReadOnlyList<HistoryRow> rows, CancellationToken cancellationToken)
    {
        var next = VersionOf(rows);
        foreach (var (name, target) in _unchecked)
        {
            // What this provider lacks is new on those before it: access may not have followed there yet.
            var before = next ?? VersionOf(await target.ReadAsync(cancellationToken).ConfigureAwait(false));
            try
            {
                Compared?.Invoke(name, await check.RunAsync(name, target, before, cancellationToken).ConfigureAwait(false));
            }
            catch (RolloutDriftException e)
            {
                throw new RolloutDriftException($"nothing was begun, since {e.Message}", e.Next);
            }
        }
        _unchecked.Clear();
    }

    /// <summary>Nothing was to be done on a provider: it is looked at before anything is done behind it.</summary>
    public void Pass(string name, MigrationTarget target) => _unchecked.Add((name, target));

    /// <summary>A provider is done with.</summary>
    /// <param name="name">Which.</param>
    /// <param name="target">Its server.</param>
    /// <param name="steps">What ran there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RolloutDriftException">It is not what its migrations make.</exception>
    public async Task<ProviderChecked> AfterAsync(string name, MigrationTarget target, IReadOnlyList<MigrationStep> steps, CancellationToken cancellationToken)
    {
        if (steps.Count == 0)
        {
            Pass(name, target);
            return new ProviderChecked(target.Set.IsShipped ? ProviderChecked.Columns : ProviderChecked.History);
        }
        var scripts = steps.Select(step => step.Script).ToHashSet(StringComparer.Ordinal);
        var rows = await target.ReadAsync(cancellationToken).ConfigureAwait(false);
        return await check.RunAsync(name, target, VersionOf(rows.Where(row => !scripts.Contains(row.Script))), cancellationToken).ConfigureAwait(false);
    }

    private static string? VersionOf(IEnumerable<HistoryRow> rows) => HistoryRow.VersionOf(rows);
}
