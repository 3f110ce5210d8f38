using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Whether the tables that the history speaks of are there.</summary>
internal static class CatalogueCheck
{
    private const string Columns = """
        select c.relname::text, pg_catalog.array_agg(a.attname::text) from pg_class c join pg_namespace n on n.oid = c.relnamespace
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        where n.nspname = $1 and c.relkind in ('r', 'p') group by 1
        """;

    /// <summary>What is missing of the tables that this program writes, in words; null: nothing.</summary>
    public static async Task<string?> MissingAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var there = await TablesAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        foreach (var table in Tables.All)
        {
            if (!there.TryGetValue(table.Name, out var columns)) return $"the table {schema}.{table.Name} is missing";
            if (table.Columns.FirstOrDefault(column => !columns.Contains(column.Name)) is { } missing) return $"the column {missing.Name} of {schema}.{table.Name} is missing";
        }
        return null;
    }

    private static async Task<IReadOnlyDictionary<string, IReadOnlySet<string>>> TablesAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Columns, connection) { Parameters = { new() { Value = schema } } };
        await using var _ = command.ConfigureAwait(false);
        var there = new Dictionary<string, IReadOnlySet<string>>(StringComparer.Ordinal);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) there[reader.GetString(0)] = reader.GetFieldValue<string[]>(1).ToHashSet(StringComparer.Ordinal);
        return there;
    }
}
