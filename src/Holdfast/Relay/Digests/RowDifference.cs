using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>How a row stands at a provider, beside the others.</summary>
internal enum DifferenceKind
{
    /// <summary>As it should.</summary>
    None,
    /// <summary>It is not there.</summary>
    Missing,
    /// <summary>It is there with another stamp than the one that wins.</summary>
    OtherStamp,
    /// <summary>It is there with the right stamp and another content.</summary>
    OtherContent,
}

/// <summary>A row and how it stands at each of the compared stores.</summary>
internal sealed class RowDifference
{
    private readonly RowDigest?[] _states;

    public RowDifference(Table table, RowKey key, RowDigest?[] states)
    {
        (Table, Key, _states) = (table, key, states);
        var there = states.Where(state => state is not null).Select(state => state!.Value).ToList();
        if (there.Count == 0) return;
        // First stamp wins where rows are appended, last stamp in a register.
        Winner = table.Kind == TableKind.Append ? there.Min(state => state.Stamp) : there.Max(state => state.Stamp);
        // What most say; of as many, what the first says.
        Hash = there.Where(state => state.Stamp == Winner).GroupBy(state => state.Hash).MaxBy(group => group.Count())!.Key;
    }

    public Table Table { get; }

    public RowKey Key { get; }

    /// <summary>The stamp that the row should have everywhere.</summary>
    public Stamp Winner { get; }

    /// <summary>The hash that the row should have everywhere.</summary>
    public long Hash { get; }

    public bool IsGone => _states.All(state => state is null);

    public bool IsEqual => IsGone || Enumerable.Range(0, _states.Length).All(store => Kind(store) == DifferenceKind.None);

    /// <summary>True where all have it under one stamp, but not all with one content.</summary>
    public bool IsOfContent => _states.All(state => state?.Stamp == Winner) && !IsEqual;

    public Stamp? StampAt(int store) => _states[store]?.Stamp;

    public DifferenceKind Kind(int store) => _states[store] switch
    {
        null => DifferenceKind.Missing,
        { } state when state.Stamp != Winner => DifferenceKind.OtherStamp,
        { } state when state.Hash != Hash => DifferenceKind.OtherContent,
        _ => DifferenceKind.None,
    };

    /// <summary>True when a store still lacks what another had earlier; that it has moved on meanwhile is no difference.</summary>
    public bool IsBehind(Stamp wanted) => _states.Any(state => state is null || (Table.Kind == TableKind.Append ? state.Value.Stamp > wanted : state.Value.Stamp < wanted));

    /// <summary>The winner's row, as a feed names it.</summary>
    public RowReference Reference => new(Key.TenantId, Guid.Parse(Key.Key), Winner);
}
