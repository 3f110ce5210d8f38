using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Operations.Access.Effects;

/// <summary>A row that a table takes, for trials that need one.</summary>
internal static class SampleRow
{
    /// <summary>Tenants that only trials have.</summary>
    public const string Tenant = "holdfast_access_trial_a", OtherTenant = "holdfast_access_trial_b";

    /// <summary>The statement that inserts it; what the catalogue does not require is left to the server.</summary>
    public static string Insert(string schema, Table table, string tenant)
    {
        var columns = table.Columns.Where(column => (column.Required || column.Allowed is not null) && column.Name is not ("feed" or "nonce")).ToList();
        return $"insert into {schema}.{table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) values ({string.Join(", ", columns.Select(column => Value(column, tenant)))})";
    }

    private static string Value(Column column, string tenant) => column.Name == "tenant_id" ? $"'{tenant}'"
        : column.Allowed is [var first, ..] ? $"'{first}'"
        : column.Type switch
        {
            ColumnType.Uuid => "gen_random_uuid()",
            ColumnType.Timestamp => "clock_timestamp()",
            ColumnType.Integer => "0",
            ColumnType.Boolean => "false",
            ColumnType.Json => "'{}'",
            ColumnType.Position => "'0'::xid8",
            _ => $"gen_random_uuid()::{PostgresTypes.Sql(ColumnType.Text)}",
        };
}
