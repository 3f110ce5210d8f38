using Holdfast.Providers;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Operations.Drills;

/// <summary>Counts a drill's rows on a provider itself, past proxy and provider set: the drill does not grade its own work.</summary>
internal sealed class DrillCounter(HoldfastOptions options, string tenant, string session)
{
    private static readonly Statement Rows = new("select id, content from {session_memories} where tenant_id = $1 and session_id = $2");

    public async Task<DrillCount> CountAsync(ProviderOptions provider, IReadOnlyCollection<Guid> acknowledged, CancellationToken cancellationToken)
    {
        try
        {
            var store = await ProviderConnections.ConnectAsync(provider, options, new Clock(options.TimeProvider), cancellationToken).ConfigureAwait(false);
            await using var _ = store.ConfigureAwait(false);
            var rows = await store.QueryAsync(Rows, [tenant, session], row => (Id: row.Uuid(0), Content: row.TextOrNull(1)), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
            var there = rows.Select(row => row.Id).ToHashSet();
            return new(provider.Name, rows.Count, acknowledged.Count(id => !there.Contains(id)), rows.Count - rows.Select(row => row.Content).Distinct().Count());
        }
        catch (HoldfastException e)
        {
            return new(provider.Name, null, null, null, e.Message);
        }
    }
}
