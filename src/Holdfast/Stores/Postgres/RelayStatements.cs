using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>What a relay asks of a store beside rows: its feeds' news and anchors at the source, cursors and rejects at the receiver.</summary>
internal static class RelayStatements
{
    /// <summary>Becomes the one that pulls from a source, or stays it. Parameters: source, holder, seconds. Answers when the lease was taken.</summary>
    public static readonly Statement Lease = new("""
        insert into {relay_sources} as s (source, holder, held_until, pulled_rows) values ($1, $2, clock_timestamp() + make_interval(secs => $3), 0)
        on conflict (source) do update set holder = excluded.holder, held_until = excluded.held_until where s.holder = excluded.holder or s.held_until < clock_timestamp()
        returning 1
        """);

    /// <summary>Parameters: source, holder.</summary>
    public static readonly Statement EndLease = new("update {relay_sources} set held_until = clock_timestamp() where source = $1 and holder = $2");

    /// <summary>Parameters: source, pulled rows, what holds the source's feed back, error.</summary>
    public static readonly Statement Report = new("""
        insert into {relay_sources} as s (source, holder, held_until, pulled_at, pulled_rows, held_back_by, error)
        values ($1, '00000000-0000-0000-0000-000000000000', clock_timestamp(), clock_timestamp(), $2, $3, $4)
        on conflict (source) do update set pulled_at = excluded.pulled_at, pulled_rows = s.pulled_rows + excluded.pulled_rows, held_back_by = excluded.held_back_by, error = excluded.error
        """);

    /// <summary>What a receiver says about a source. Parameter: source.</summary>
    public static readonly Statement State = new("""
        select s.pulled_at, s.pulled_rows, s.held_back_by, s.error, s.held_until > clock_timestamp(),
          (select count(*) from {relay_rejects} r where r.source = s.source), coalesce((select bool_or(repair_pending) from {relay_cursors} c where c.source = s.source), true)
        from {relay_sources} s where s.source = $1
        """);

    public static readonly Statement Cursors = new("""
        select table_name, system_identifier, anchor_tenant_id, anchor_id, anchor_feed, anchor_nonce, repair_pending from {relay_cursors} where source = $1
        """);

    public static readonly Statement SystemIdentifier = new("""
        select (select system_identifier::text from pg_control_system()) || '/' || (select oid::text from pg_database where datname = current_database())
        """);

    /// <summary>The oldest transaction that holds the feed back: what it has written is not known yet.</summary>
    public static readonly Statement HeldBackBy = new("""
        select coalesce(
          (select pg_catalog.format('process %s (%s, %s) with a write transaction open for %s s', a.pid, a.usename, coalesce(nullif(a.application_name, ''), a.backend_type), round(extract(epoch from clock_timestamp() - a.xact_start)))
           from pg_stat_activity a where a.backend_xid is not null order by age(a.backend_xid) desc limit 1),
          (select pg_catalog.format('prepared transaction %s of %s', p.gid, p.prepared) from pg_prepared_xacts p order by age(p.transaction) desc limit 1),
          'a write transaction that this role may not see')
        """);

    /// <summary>Sessions that are at work beside this one.</summary>
    public static readonly Statement OthersAtWork = new("select count(*) from pg_stat_activity where state = 'active' and pid <> pg_backend_pid() and backend_type = 'client backend' and datname = current_database()");

    /// <summary>Parameters: tenant, table, id, source, error, time.</summary>
    public static readonly string Reject = """
        insert into {0}.relay_rejects as r (tenant_id, table_name, id, source, error, rejected_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (tenant_id, table_name, id) do update set source = excluded.source, error = excluded.error
        """;

    /// <summary>Parameters: source.</summary>
    public static readonly Statement Rejects = new("select tenant_id, table_name, id from {relay_rejects} where source = $1 order by rejected_at limit 1000");

    /// <summary>Parameters: tenant, table, id.</summary>
    public static readonly string Accept = "delete from {0}.relay_rejects where tenant_id = $1 and table_name = $2 and id = $3";

    public static readonly string SetCursor = """
        insert into {0}.relay_cursors (source, table_name, system_identifier, anchor_tenant_id, anchor_id, anchor_feed, anchor_nonce, repair_pending)
        values ($1, $2, $3, $4, $5, $6, $7, $8)
        on conflict (source, table_name) do update set system_identifier = excluded.system_identifier, anchor_tenant_id = excluded.anchor_tenant_id,
          anchor_id = excluded.anchor_id, anchor_feed = excluded.anchor_feed, anchor_nonce = excluded.anchor_nonce, repair_pending = excluded.repair_pending
        """;

    /// <summary>
    /// Of every table: is there news below the oldest running transaction, is there some above it, and is the anchor as it was?
    /// Four parameters a table: feed, tenant, id, nonce.
    /// </summary>
    public static Statement News(IReadOnlyList<Table> tables, MergeRules rules) => new(string.Join("\nunion all\n", tables.Select((table, i) =>
    {
        var (feed, tenant, id, nonce) = ($"${4 * i + 1}", $"${4 * i + 2}", $"${4 * i + 3}", $"${4 * i + 4}");
        return $$"""
            select {{i}},
              exists (select 1 from {{{table.Name}}} where (feed, tenant_id, id) > ({{feed}}, {{tenant}}, {{id}}) {{(rules.FeedWaitsForOlderTransactions ? "and feed < pg_snapshot_xmin(pg_current_snapshot())" : "")}}),
              exists (select 1 from {{{table.Name}}} where feed >= pg_snapshot_xmin(pg_current_snapshot())),
              {{nonce}}::bigint is null or exists (select 1 from {{{table.Name}}} where tenant_id = {{tenant}} and id = {{id}} and feed = {{feed}} and nonce = {{nonce}}),
              pg_snapshot_xmin(pg_current_snapshot())
            """;
    })));

    /// <summary>How much of a table's feed lies behind a place, up to a limit, and since when. Parameters: feed, tenant, id, limit.</summary>
    public static Statement Lag(Table table) => new($$"""
        select count(*), min(stamp::text)::uuid from (select stamp from {{{table.Name}}} where (feed, tenant_id, id) > ($1, $2, $3) order by feed, tenant_id, id limit $4) behind
        """);
}
