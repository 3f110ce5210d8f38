using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Empties what an erasure covers: at once, in its own transaction, and again when no statement that began before it can write any more.
/// </summary>
internal sealed class ErasureSweep
{
    // A statement that took its snapshot before the erasure was committed does not see it. It has ended when no snapshot
    // and no transaction is older than a transaction that began after that commit: this one, as it sees the erasure. (The
    // erasure's own number is too early: a writer may get a later one and still have looked before the commit.)
    private const string Begin = "update {erasure_sweeps} set horizon = pg_current_xact_id() where horizon = '0'";

    private const string Due = """
        select tenant_id, erasure_id, horizon < pg_snapshot_xmin(pg_current_snapshot()) and not exists (
            select 1 from pg_stat_activity a where a.datname = current_database() and a.backend_xmin is not null and a.backend_type not in ('autovacuum worker', 'walsender') and age(a.backend_xmin) >= age(horizon::xid))
        from {erasure_sweeps} order by 1, 2
        """;

    private readonly string[] _sweeps;
    private readonly string _end;

    public ErasureSweep(string schema)
    {
        _sweeps = [.. Tables.Erasable.Select(table => ProjectionStatements.Sweep(schema, table))];
        _end = $"delete from {schema}.erasure_sweeps s using unnest($1::text[], $2::uuid[]) a(tenant_id, id) where s.tenant_id = a.tenant_id and s.erasure_id = a.id";
        AtOnce =
        [
            .. _sweeps,
            // Only where this transaction has brought the erasure: one that comes a second time, from the relay or a push, has nothing
            // to wait for, and nobody would look for it for long.
            $"""
            insert into {schema}.erasure_sweeps (tenant_id, erasure_id, horizon)
            select e.tenant_id, e.id, '0'::xid8 from unnest($1::text[], $2::uuid[]) a(tenant_id, id) join {schema}.erasures e using (tenant_id, id)
            where age(e.xmin) <= age(pg_current_xact_id()::xid)
            order by 1, 2 on conflict do nothing
            """,
        ];
    }

    /// <summary>What belongs into the transaction of the erasures. Parameters: their tenants, their ids.</summary>
    public IReadOnlyList<string> AtOnce { get; }

    /// <summary>Sweeps again what is due; true: nothing is left to wait for.</summary>
    /// <param name="store">The store.</param>
    /// <param name="tenant">The one that row-level security holds the role to; null: it sees all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<bool> RunAsync(PostgresStore store, string? tenant, CancellationToken cancellationToken)
    {
        await store.ExecuteAsync(new Statement(Begin) { Tenant = tenant }, [], cancellationToken).ConfigureAwait(false);
        var all = await store.QueryAsync(new Statement(Due) { Tenant = tenant }, [], row => (Tenant: row.Text(0), Id: row.Uuid(1), Due: row.Boolean(2)), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        var ripe = all.Where(sweep => sweep.Due).ToList();
        if (ripe.Count > 0)
        {
            var batch = tenant is null ? store.Work.CreateBatch() : store.Tenants.Of(tenant);
            await using var _ = batch.ConfigureAwait(false);
            foreach (var sql in _sweeps.Append(_end))
            {
                var command = new NpgsqlBatchCommand(sql);
                command.Parameters.Add(PostgresTypes.Many(ColumnType.Text, ripe.Select(sweep => sweep.Tenant), ripe.Count));
                command.Parameters.Add(PostgresTypes.Many(ColumnType.Uuid, ripe.Select(sweep => (object)sweep.Id), ripe.Count));
                batch.BatchCommands.Add(command);
            }
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        return ripe.Count == all.Count;
    }
}
