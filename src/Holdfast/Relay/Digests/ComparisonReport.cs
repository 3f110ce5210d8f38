using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Digests;

/// <summary>What a comparison read at a provider.</summary>
/// <param name="Name">The provider.</param>
/// <param name="Address">Where it is, without secrets.</param>
/// <param name="Rows">Rows of all merged tables.</param>
/// <param name="RowsHashed">How many of them were hashed now; the others' hashes were known from the last run.</param>
/// <param name="Parked">Rows that it refused from the relay.</param>
internal sealed record ComparedProvider(string Name, string Address, long Rows, long RowsHashed, IReadOnlyList<ParkedRow> Parked);

/// <summary>How many rows of a table differ at a provider.</summary>
internal sealed record TableDifference(Table Table, string Provider, long Missing, long OtherStamp, long OtherContent);

/// <summary>What a comparison came to.</summary>
/// <param name="Providers">What was read where.</param>
/// <param name="Rows">The rows that differ.</param>
/// <param name="IsCut">True when so many rows differ that the rest was not looked at.</param>
/// <param name="Took">How long it took.</param>
internal sealed record ComparisonReport(IReadOnlyList<ComparedProvider> Providers, IReadOnlyList<RowDifference> Rows, bool IsCut, TimeSpan Took)
{
    public bool IsEqual => Rows.Count == 0;

    /// <summary>Per table and provider, in the order of both.</summary>
    public IReadOnlyList<TableDifference> Tables => [.. Rows.GroupBy(row => row.Table).OrderBy(group => group.Key.Order)
        .SelectMany(group => Providers.Select((provider, i) => new TableDifference(group.Key, provider.Name,
            group.LongCount(row => row.Kind(i) == DifferenceKind.Missing), group.LongCount(row => row.Kind(i) == DifferenceKind.OtherStamp), group.LongCount(row => row.Kind(i) == DifferenceKind.OtherContent))))
        .Where(table => table.Missing + table.OtherStamp + table.OtherContent > 0)];
}
