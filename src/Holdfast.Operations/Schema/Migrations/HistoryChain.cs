using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The checksum over a history: equal chains, equal files in equal order.</summary>
internal static class HistoryChain
{
    /// <summary>The rows that count, with the chain that each should have.</summary>
    public static IEnumerable<(HistoryRow Row, string Chain)> Of(IEnumerable<HistoryRow> rows)
    {
        var chain = "";
        foreach (var row in rows.Where(row => row.IsCurrent))
        {
            chain = Migration.ChainHash(chain, row.Version!, row.Checksum);
            yield return (row, chain);
        }
    }

    /// <summary>The end of it; empty where nothing was applied.</summary>
    public static string End(IEnumerable<HistoryRow> rows) => Of(rows).Select(link => link.Chain).LastOrDefault() ?? "";
}
