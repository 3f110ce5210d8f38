using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>What somebody has granted to one of Holdfast's roles, or to PUBLIC in Holdfast's schema or to the database.</summary>
/// <param name="Grantee">To whom; <c>public</c>: to everybody.</param>
/// <param name="Kind"><c>table</c>, <c>view</c>, <c>materialized view</c>, <c>foreign table</c>, <c>sequence</c>, <c>routine</c>, <c>schema</c>, <c>database</c>.</param>
/// <param name="Schema">Where it is, as SQL; a schema's own name; empty for the database.</param>
/// <param name="Name">Its name as SQL; empty for a schema.</param>
/// <param name="Column">The column, as SQL; null: the whole.</param>
/// <param name="Words">What: <c>select</c>, <c>create</c>, …</param>
/// <param name="IsGrantable">And may hand it on.</param>
/// <param name="Grantor">By whom; null: by the owner.</param>
/// <param name="IsOurs">The connected role may act as the owner.</param>
internal sealed record LiveRight(string Grantee, string Kind, string Schema, string Name, string? Column, IReadOnlyList<string> Words, bool IsGrantable, string? Grantor, bool IsOurs)
{
    /// <summary>On what, for people; what is in <paramref name="home"/> without its schema.</summary>
    public string Subject(string home) => Kind switch
    {
        "database" => "database",
        "schema" => Schema == home ? Schema : $"schema {Schema}",
        _ => $"{(Schema == home ? "" : Schema + ".")}{Name}{(Column is null ? "" : "." + Column)}",
    };

    /// <summary>Takes some of it away, and the right to hand it on.</summary>
    public IEnumerable<string> Revokes(IEnumerable<string> words)
    {
        var (column, from) = (Column is null ? "" : $" ({SqlQuote.Quoted(Column)})", $"{Target} from {SqlQuote.Quoted(Grantee)} cascade");
        foreach (var word in words)
            yield return $"revoke {SqlQuote.OneOf(word, "select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain", "usage", "create", "execute", "connect", "temporary")}{column} on {from}";
        if (IsGrantable) yield return $"revoke grant option for all privileges{column} on {from}";
    }

    /// <summary>It was given by virtue of <paramref name="other"/>, and goes when the right to hand that on goes.</summary>
    public bool IsHandedOnFrom(LiveRight other) =>
        other.IsGrantable && other.Grantee == Grantor && (other.Kind, other.Schema, other.Name) == (Kind, Schema, Name) && (other.Column is null || other.Column == Column);

    private string Target => Kind switch
    {
        "database" => $"database {SqlQuote.Quoted(Name)}",
        "schema" => $"schema {SqlQuote.Quoted(Schema)}",
        "routine" => $"routine {SqlQuote.Quoted(Schema)}.{SqlQuote.Part(Name)}",
        _ => $"{(Kind == "sequence" ? "sequence" : "table")} {SqlQuote.Quoted(Schema)}.{SqlQuote.Quoted(Name)}",
    };
}

/// <summary>Something that is granted to one of Holdfast's roles and is no table, schema, function or database: a type, a language, what another role will make.</summary>
/// <param name="Grantee">To whom.</param>
/// <param name="What">What it is, for people.</param>
/// <param name="Revoke">The SQL that ends it, for people to read and run.</param>
internal sealed record LiveOtherRight(string Grantee, string What, string Revoke);

/// <summary>Reads the rights of a database that were granted to roles.</summary>
internal static class LiveRights
{
    private const string Ask = """
        select case x.grantee when 0 then 'public' else pg_get_userbyid(x.grantee)::text end, x.kind, x.nsp, x.name, x.part, array_agg(distinct lower(x.privilege_type) order by lower(x.privilege_type)),
          bool_or(x.is_grantable), case when x.grantor <> x.owner then pg_get_userbyid(x.grantor)::text end, pg_has_role(x.owner, 'usage')
        from (
          select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' when 'f' then 'foreign table' else 'table' end as kind,
            quote_ident(n.nspname) as nsp, quote_ident(c.relname) as name, null::text as part, c.relowner as owner, a.*
          from pg_class c join pg_namespace n on n.oid = c.relnamespace, aclexplode(c.relacl) a where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
          union all
          select case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'f' then 'foreign table' else 'table' end, quote_ident(n.nspname), quote_ident(c.relname), quote_ident(t.attname), c.relowner, a.*
          from pg_attribute t join pg_class c on c.oid = t.attrelid join pg_namespace n on n.oid = c.relnamespace, aclexplode(t.attacl) a where t.attnum > 0 and not t.attisdropped
          union all
          select 'schema', quote_ident(n.nspname), '', null, n.nspowner, a.* from pg_namespace n, aclexplode(n.nspacl) a
          union all
          select 'routine', quote_ident(n.nspname), quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')', null, p.proowner, a.*
          from pg_proc p join pg_namespace n on n.oid = p.pronamespace, aclexplode(p.proacl) a where p.proacl is not null
          union all
          select 'database', '', quote_ident(d.datname), null, d.datdba, a.* from pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a where d.datname = current_database()
        ) x
        where x.grantee <> x.owner and (x.grantee = any(select r.oid from pg_roles r where r.rolname = any($2)) or (x.grantee = 0 and (x.nsp = $1 or x.kind = 'database')))
        group by x.grantee, x.kind, x.nsp, x.name, x.part, x.grantor, x.owner
        order by 1, 3, 2, 4, 5
        """;

    // Whatever kinds of objects a server has: it notes in which lists a role stands. What the owner's own later objects get is declared.
    private const string AskOthers = """
        select r.rolname::text, pg_describe_object(s.classid, s.objid, s.objsubid), case i.type when 'default acl' then format('alter default privileges %s from %I', replace(i.identity, ' on ', ' revoke all on '), r.rolname)
          else format('revoke all on %s %s from %I', case i.type when 'foreign-data wrapper' then 'foreign data wrapper' when 'server' then 'foreign server' when 'parameter ACL' then 'parameter' else i.type end, i.identity, r.rolname) end
        from pg_shdepend s join pg_roles r on r.oid = s.refobjid, pg_identify_object(s.classid, s.objid, s.objsubid) i
        where s.refclassid = 'pg_authid'::regclass and s.deptype = 'a' and r.rolname = any($1) and (s.dbid = 0 or s.dbid = (select d.oid from pg_database d where d.datname = current_database()))
          and s.classid not in ('pg_class'::regclass, 'pg_namespace'::regclass, 'pg_proc'::regclass, 'pg_database'::regclass)
          and not exists (select 1 from pg_default_acl f where s.classid = 'pg_default_acl'::regclass and f.oid = s.objid and pg_get_userbyid(f.defaclrole) = $2)
        order by 1, 2
        """;

    public static async Task<IReadOnlyList<LiveRight>> ReadAsync(NpgsqlConnection connection, string schema, string[] roles, CancellationToken cancellationToken) =>
        await AccessState.QueryAsync(connection, Ask, [schema, roles], row => new LiveRight(row.GetString(0), row.GetString(1), row.GetString(2), row.GetString(3), row.IsDBNull(4) ? null : row.GetString(4),
            row.GetFieldValue<string[]>(5), row.GetBoolean(6), row.IsDBNull(7) ? null : row.GetString(7), row.GetBoolean(8)), cancellationToken).ConfigureAwait(false);

    // PUBLIC stands in no list of who depends on what.
    private const string AskParameters = """
        select p.parname::text, string_agg(lower(a.privilege_type), ', ' order by a.privilege_type) from pg_parameter_acl p, aclexplode(p.paracl) a where a.grantee = 0 group by p.parname order by 1
        """;

    public static async Task<IReadOnlyList<LiveOtherRight>> ReadOthersAsync(NpgsqlConnection connection, string owner, string[] roles, CancellationToken cancellationToken) =>
    [
        .. await AccessState.QueryAsync(connection, AskOthers, [roles, owner], row => new LiveOtherRight(row.GetString(0), row.GetString(1), row.GetString(2)), cancellationToken).ConfigureAwait(false),
        .. (await AccessState.QueryAsync(connection, AskParameters, [], row => (Name: row.GetString(0), Words: row.GetString(1)), cancellationToken).ConfigureAwait(false))
            .Where(one => !SessionSettings.IsHarmless(one.Name)).Select(one => new LiveOtherRight("public", $"parameter {one.Name}", $"revoke {one.Words} on parameter {one.Name} from public")),
    ];
}
