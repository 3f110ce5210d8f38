using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;

namespace Holdfast.Tests.Merging;

/// <summary>
/// All that a store holds of one tenant and must hold alike everywhere: every column of the merged tables but the feed's place
/// and nonce, which are the store's own.
/// </summary>
internal sealed class StoreContent
{
    private readonly SortedDictionary<string, string> _lines = new(StringComparer.Ordinal);

    public Dictionary<(Table Table, Guid Id), Row> Rows { get; } = [];

    public Dictionary<(Table Table, string Key), RegisterRow> Registers { get; } = [];

    public static async Task<StoreContent> ReadAsync(IStore store, string tenantId, IEnumerable<Table> tables)
    {
        var content = new StoreContent();
        foreach (var table in tables)
        {
            if (table.Kind == TableKind.Append)
                await foreach (var row in RowsAsync(store, tenantId, table)) content.Add(row);
            else
                await foreach (var row in RegistersAsync(store, tenantId, table)) content.Add(row);
        }
        return content;
    }

    public static IAsyncEnumerable<Row> RowsAsync(IStore store, string tenantId, Table table) => store.QueryAsync(
        new Statement($"select {string.Join(", ", RowColumns.Read(table))} from {{{table.Name}}} where tenant_id = $1"),
        [tenantId], row => RowColumns.Row(table, row), CancellationToken.None);

    public void Add(Row row)
    {
        Rows.Add((row.Table, row.Id), row);
        _lines.Add($"{row.Table.Name} {row.Id}", Line([.. RowColumns.Read(row.Table).Select(column => RowColumns.Value(row, column))]));
    }

    public void Add(RegisterRow row)
    {
        Registers.Add((row.Table, row.Key), row);
        _lines.Add($"{row.Table.Name} {row.Key}", Line(row.Values));
    }

    /// <summary>What differs between the two, at most a few lines; null when they are equal byte for byte.</summary>
    public string? DifferenceTo(StoreContent other)
    {
        var different = _lines.Keys.Union(other._lines.Keys)
            .Where(key => _lines.GetValueOrDefault(key) != other._lines.GetValueOrDefault(key)).ToList();
        return different.Count == 0 ? null : $"{different.Count} differ: " + string.Join("; ", different.Take(4).Select(key =>
            $"{key}: {_lines.GetValueOrDefault(key, "(missing)")} <> {other._lines.GetValueOrDefault(key, "(missing)")}"));
    }

    private static IAsyncEnumerable<RegisterRow> RegistersAsync(IStore store, string tenantId, Table table) => store.QueryAsync(
        new Statement($"select {string.Join(", ", table.Columns.Select(column => column.Name))} from {{{table.Name}}} where tenant_id = $1"),
        [tenantId], row => new RegisterRow(table, [.. table.Columns.Select((column, i) => row.Value(i, column.Type))]), CancellationToken.None);

    private static string Line(IEnumerable<object?> values) => string.Join('|', values.Select(value => value switch
    {
        null => "∅",
        string text => JsonText.Quote(text),
        DateTimeOffset time => Timestamps.ToUnixMicroseconds(time).ToString(CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    }));
}

/// <summary>A register's row, its values in the order of its table's columns.</summary>
internal sealed record RegisterRow(Table Table, object?[] Values)
{
    public string Key => (string)Values[1]!;

    public Stamp Stamp => new((Guid)Values[2]!);

    public string? UserId => (string?)Values[3];

    public string? SessionId => (string?)Values[4];

    public string? Content => (string?)Values[6];
}
