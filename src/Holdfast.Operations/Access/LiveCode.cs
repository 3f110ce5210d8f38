using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>
/// Something on one of Holdfast's tables that nobody declared and that runs as whoever uses the table, an administrator too: a trigger, a rule, an expression that
/// calls a function.
/// </summary>
/// <param name="Table">On which, as SQL.</param>
/// <param name="What">What it is, for people.</param>
internal sealed record LiveCode(string Table, string What);

/// <summary>Reads it.</summary>
internal static class LiveCodes
{
    // PostgreSQL's own functions and operators stand in no list of who depends on what: those that could do more than compute (lo_export, query_to_xml) are read out of
    // the expressions.
    private const string Ask = """
        with own as materialized (select c.oid from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = any($2))
        select quote_ident(c.relname), x.what from (
          select t.tgrelid as relation, 'trigger ' || quote_ident(t.tgname) || ', which calls ' || quote_ident(n.nspname) || '.' || quote_ident(f.proname) as what
          from pg_trigger t join pg_proc f on f.oid = t.tgfoid join pg_namespace n on n.oid = f.pronamespace
          where not t.tgisinternal and n.nspname <> 'pg_catalog' and not (n.nspname = $1 and f.proname = any($3))
          union all
          select w.ev_class, 'rule ' || quote_ident(w.rulename) from pg_rewrite w
          union all
          select a.attrelid, 'column ' || quote_ident(a.attname) || ' of the type ' || format_type(a.atttypid, null) from pg_attribute a join pg_type y on y.oid = a.atttypid join pg_namespace n on n.oid = y.typnamespace
          where a.attnum > 0 and not a.attisdropped and n.nspname <> 'pg_catalog'
          union all
          select coalesce(f.adrelid, k.conrelid, i.indrelid, p.polrelid), pg_describe_object(d.classid, d.objid, 0) || ', which calls ' || pg_describe_object(d.refclassid, d.refobjid, 0)
          from pg_depend d left join pg_attrdef f on d.classid = 'pg_attrdef'::regclass and f.oid = d.objid left join pg_constraint k on d.classid = 'pg_constraint'::regclass and k.oid = d.objid
            left join pg_index i on d.classid = 'pg_class'::regclass and i.indexrelid = d.objid left join pg_policy p on d.classid = 'pg_policy'::regclass and p.oid = d.objid
          where d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass)
          union all
          select e.relation, e.what || ', which calls ' || string_agg(distinct lower(m[1]), ', ') from (
            select f.adrelid as relation, pg_describe_object('pg_attrdef'::regclass, f.oid, 0) as what, pg_get_expr(f.adbin, f.adrelid) as expression from pg_attrdef f where f.adrelid in (select oid from own)
            union all
            select k.conrelid, pg_describe_object('pg_constraint'::regclass, k.oid, 0), pg_get_expr(k.conbin, k.conrelid) from pg_constraint k where k.contype = 'c' and k.conrelid in (select oid from own)
            union all
            select p.polrelid, pg_describe_object('pg_policy'::regclass, p.oid, 0), concat_ws(' ', pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) from pg_policy p where p.polrelid in (select oid from own)
          ) e cross join lateral regexp_matches(regexp_replace(e.expression, '''([^'']|'''')*''', '', 'g'), '([a-z_][a-z0-9_]*)"?\s*\(', 'gi') m
          where lower(m[1]) <> all($4) and exists (select 1 from pg_proc b join pg_namespace n on n.oid = b.pronamespace where n.nspname = 'pg_catalog' and b.proname = lower(m[1]) and b.provolatile <> 'i')
          group by e.relation, e.what
        ) x join pg_class c on c.oid = x.relation join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relname = any($2) order by 1, 2
        """;

    // They compute, or look at the clock or the transaction.
    private static readonly string[] Harmless =
    [
        "age", "clock_timestamp", "concat", "concat_ws", "current_setting", "date_part", "date_trunc", "extract", "gen_random_uuid", "nextval", "now", "pg_current_xact_id", "random", "statement_timestamp", "timezone",
        "to_char", "to_timestamp", "to_tsvector", "transaction_timestamp",
    ];

    public static async Task<IReadOnlyList<LiveCode>> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        await AccessState.QueryAsync(connection, Ask, [schema, (string[])[.. Tables.All.Select(table => table.Name)], (string[])[DeleteGuard.Function, RecordGuard.Function], Harmless],
            row => new LiveCode(row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
}
