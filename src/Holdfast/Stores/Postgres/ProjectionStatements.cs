using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>The statements that move a register to its revisions, and those that empty what erasures cover.</summary>
internal static class ProjectionStatements
{
    /// <summary>Last stamp wins. Parameters: tenant ids and ids of revisions that stand in the store already.</summary>
    public static string Project(string schema, Table register) => $"""
        insert into {schema}.{register.Name} as t ({Names(register)})
        select distinct on (r.tenant_id, r.target_key) r.tenant_id, r.target_key, r.stamp, r.user_id, r.session_id, r.occurred_at, r.content{Projected(register, "r.content")}
        from unnest($1::text[], $2::uuid[]) a(tenant_id, id)
        join {schema}.revisions r on r.tenant_id = a.tenant_id and r.id = a.id
        where r.target_table = '{register.Name}'
        order by r.tenant_id, r.target_key, r.stamp desc
        on conflict (tenant_id, key) do update set {Updates(register)}
        where excluded.stamp > t.stamp
        """;

    /// <summary>
    /// Registers as their revisions say, wherever they stand now: for those that somebody changed by hand. Parameters: tenants, keys,
    /// and the stamps that were read (null: none); one that has moved on since is left alone.
    /// </summary>
    public static string Rebuild(string schema, Table register) => $"""
        insert into {schema}.{register.Name} as t ({Names(register)})
        select distinct on (r.tenant_id, r.target_key) r.tenant_id, r.target_key, r.stamp, r.user_id, r.session_id, r.occurred_at, r.content{Projected(register, "r.content")}
        from unnest($1::text[], $2::text[]) a(tenant_id, key)
        join {schema}.revisions r on r.tenant_id = a.tenant_id and r.target_table = '{register.Name}' and r.target_key = a.key
        order by r.tenant_id, r.target_key, r.stamp desc
        on conflict (tenant_id, key) do update set {Updates(register)}
        where exists (select 1 from unnest($1::text[], $2::text[], $3::uuid[]) e(tenant_id, key, stamp) where e.tenant_id = t.tenant_id and e.key = t.key and e.stamp = t.stamp)
        """;

    /// <summary>
    /// A revision and its register, if that is still where the caller read it. Parameters: tenant, key, stamp, user, session,
    /// time, content, expected stamp. One row is answered when it was done.
    /// </summary>
    public static string CompareAndSet(string schema, Table register) => $"""
        with arriving as (
          select $1::text as tenant_id, $2::text as key, $3::uuid as stamp, $4::text as user_id, $5::text as session_id, $6::timestamptz as occurred_at, $7::json as content
        ), checked as (
          select a.tenant_id, a.key, a.stamp, a.user_id, a.session_id, a.occurred_at, case when {MergeStatements.Covers(schema, "a")} then null else a.content end as content
          from arriving a
          where $8::uuid is null or exists (select 1 from {schema}.{register.Name} t where t.tenant_id = $1 and t.key = $2 and t.stamp = $8)
        ), moved as (
          insert into {schema}.{register.Name} as t ({Names(register)})
          select tenant_id, key, stamp, user_id, session_id, occurred_at, content{Projected(register, "content")} from checked
          on conflict (tenant_id, key) do update set {Updates(register)}
          where t.stamp = $8
          returning 1
        ), revised as (
          insert into {schema}.revisions (tenant_id, id, stamp, user_id, session_id, occurred_at, target_table, target_key, base, content)
          select tenant_id, stamp, stamp, user_id, session_id, occurred_at, '{register.Name}', key, $8, content from checked where exists (select 1 from moved)
        )
        select count(*) from moved
        """;

    /// <summary>Empties what the given erasures cover in one table. Parameters: tenant ids and ids of erasures.</summary>
    public static string Sweep(string schema, Table table)
    {
        var erasable = table.Columns.Where(column => column.Erasable).Select(column => column.Name).ToList();
        return $"""
            update {schema}.{table.Name} t set {string.Join(", ", erasable.Select(name => $"{name} = null"))}
            from unnest($1::text[], $2::uuid[]) a(tenant_id, id)
            join {schema}.erasures e on e.tenant_id = a.tenant_id and e.id = a.id
            where t.tenant_id = e.tenant_id and t.stamp <= e.through and (t.user_id = e.user_id or t.session_id = e.session_id)
              and ({string.Join(" or ", erasable.Select(name => $"t.{name} is not null"))})
            """;
    }

    private static string Names(Table register) => string.Join(", ", register.Columns.Select(column => column.Name));

    private static string Projected(Table register, string content) =>
        string.Concat(register.Own.Select(column => $", ({content}->>'{column.Name}')::{PostgresTypes.Sql(column.Type)}"));

    private static string Updates(Table register) => string.Join(", ",
        register.Columns.Where(column => column.Name is not ("tenant_id" or "key")).Select(column => $"{column.Name} = excluded.{column.Name}"));
}
