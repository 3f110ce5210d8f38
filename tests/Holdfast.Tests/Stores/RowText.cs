using System.Globalization;
using Holdfast.Rows;

namespace Holdfast.Tests.Stores;

/// <summary>A row as text, so that two rows compare and a difference can be read.</summary>
internal static class RowText
{
    public static string Of(Row row) => string.Join(" | ", [
        row.Table.Name, row.TenantId, row.Id.ToString(), row.Stamp.ToString(), row.UserId ?? "-", row.SessionId ?? "-", row.Key ?? "-",
        row.OccurredAt.ToString("O", CultureInfo.InvariantCulture), .. row.Values.Select(Value)]);

    private static string Value(object? value) => value switch
    {
        null => "-",
        DateTimeOffset time => time.ToString("O", CultureInfo.InvariantCulture),
        IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
        _ => (string)value,
    };
}
