using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>Finds rows by their keys: what is missing here, and what is there, whole.</summary>
internal sealed class RowLookup(PostgresStatements statements, TenantWatch watch)
{
    public Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) =>
        OfEachTenantAsync(rows, some => FindMissingOfOneAsync(table, some, cancellationToken));

    private async Task<IReadOnlyList<RowReference>> FindMissingOfOneAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var sql = new Statement($$"""
            select a.tenant_id, a.id, a.stamp from unnest($1::text[], $2::uuid[], $3::uuid[]) a(tenant_id, id, stamp)
            where not exists (select 1 from {{{table.Name}}} t where t.tenant_id = a.tenant_id and t.id = a.id and t.stamp <= a.stamp)
            """) { Tenant = OneTenant(rows) };
        return await statements.QueryAsync(sql, [rows.Select(r => r.TenantId).ToArray(), rows.Select(r => r.Id).ToArray(), rows.Select(r => r.Stamp.Value).ToArray()],
            row => new RowReference(row.Text(0), row.Uuid(1), row.Stamp(2)), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    public Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken) =>
        OfEachTenantAsync(rows, some => ReadRowsOfOneAsync(table, some, cancellationToken));

    private async Task<IReadOnlyList<Row>> ReadRowsOfOneAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken)
    {
        var sql = new Statement($$"""
            select {{string.Join(", ", RowColumns.Read(table).Select(column => "t." + column))}}
            from unnest($1::text[], $2::uuid[]) a(tenant_id, id) join {{{table.Name}}} t using (tenant_id, id)
            """) { Tenant = OneTenant(rows) };
        return await statements.QueryAsync(sql, [rows.Select(r => r.TenantId).ToArray(), rows.Select(r => r.Id).ToArray()],
            row => RowColumns.Row(table, row), cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
    }

    private string? OneTenant(IReadOnlyList<RowReference> rows) => watch.IsByTenant && rows.Count > 0 ? rows[0].TenantId : null;

    private async Task<IReadOnlyList<T>> OfEachTenantAsync<T>(IReadOnlyList<RowReference> rows, Func<IReadOnlyList<RowReference>, Task<IReadOnlyList<T>>> ask)
    {
        if (!watch.IsByTenant) return await ask(rows).ConfigureAwait(false);
        var all = new List<T>();
        foreach (var tenant in rows.GroupBy(row => row.TenantId, StringComparer.Ordinal)) all.AddRange(await ask([.. tenant]).ConfigureAwait(false));
        return all;
    }
}
