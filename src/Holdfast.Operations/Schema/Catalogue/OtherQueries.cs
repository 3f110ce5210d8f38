namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>
/// What is asked beside the things that have a class of drift each: those that few schemas have, as name, definition and DDL; and which thing
/// needs which, so that they can be made in order.
/// </summary>
internal static class OtherQueries
{
    // The text that makes it is the definition: it says all of it, in one spelling for every major.
    public const string Objects = """
        select 'object', '', o.name, jsonb_build_object('definition', o.ddl, '~id', o.id) from (
          select c.oid, 'pg_collation', 'l' || c.oid, 'collation ' || quote_ident(c.collname),
            jsonb_build_array(format('create collation %I.%I (%s)', n.nspname, c.collname, concat_ws(', ', 'provider = ' || case c.collprovider when 'i' then 'icu' when 'b' then 'builtin' else 'libc' end,
              'lc_collate = ' || quote_literal(c.collcollate), 'lc_ctype = ' || quote_literal(c.collctype), 'locale = ' || quote_literal(coalesce(to_jsonb(c)->>'colllocale', to_jsonb(c)->>'colliculocale')),
              'rules = ' || quote_literal(to_jsonb(c)->>'collicurules'), case when not c.collisdeterministic then 'deterministic = false' end)))
          from pg_collation c join pg_namespace n on n.oid = c.collnamespace where n.nspname = $1
          union all
          select s.oid, 'pg_statistic_ext', 's' || s.oid, 'statistics ' || quote_ident(s.stxname), jsonb_build_array(pg_get_statisticsobjdef(s.oid)) ||
            case when s.stxstattarget >= 0 then jsonb_build_array(format('alter statistics %I.%I set statistics %s', n.nspname, s.stxname, s.stxstattarget)) else '[]' end
          from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where n.nspname = $1
          union all
          select o.oid, 'pg_operator', 'o' || o.oid, 'operator ' || o.oid::regoperator,
            jsonb_build_array(format('create operator %I.%s (%s)', n.nspname, o.oprname, concat_ws(', ', 'function = ' || o.oprcode::regproc, 'leftarg = ' || format_type(nullif(o.oprleft, 0), null), 'rightarg = ' || format_type(nullif(o.oprright, 0), null),
              (select 'commutator = operator(' || quote_ident(m.nspname) || '.' || r.oprname || ')' from pg_operator r join pg_namespace m on m.oid = r.oprnamespace where r.oid = o.oprcom),
              (select 'negator = operator(' || quote_ident(m.nspname) || '.' || r.oprname || ')' from pg_operator r join pg_namespace m on m.oid = r.oprnamespace where r.oid = o.oprnegate),
              'restrict = ' || nullif(o.oprrest::oid, 0)::regproc, 'join = ' || nullif(o.oprjoin::oid, 0)::regproc, case when o.oprcanhash then 'hashes' end, case when o.oprcanmerge then 'merges' end)))
          from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where n.nspname = $1 and o.oprcode <> 0
          union all
          select d.oid, 'pg_ts_dict', 'd' || d.oid, 'text search dictionary ' || quote_ident(d.dictname),
            jsonb_build_array(format('create text search dictionary %I.%I (%s)', n.nspname, d.dictname, concat_ws(', ', format('template = %I.%I', m.nspname, e.tmplname), d.dictinitoption)))
          from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace join pg_ts_template e on e.oid = d.dicttemplate join pg_namespace m on m.oid = e.tmplnamespace where n.nspname = $1
          union all
          select c.oid, 'pg_ts_config', 'f' || c.oid, 'text search configuration ' || quote_ident(c.cfgname),
            jsonb_build_array(format('create text search configuration %I.%I (parser = %I.%I)', n.nspname, c.cfgname, m.nspname, r.prsname)) || coalesce((
              select jsonb_agg(format('alter text search configuration %I.%I add mapping for %I with %s', n.nspname, c.cfgname, w.alias, w.dictionaries) order by w.alias) from (
                select t.alias, string_agg(p.mapdict::regdictionary::text, ', ' order by p.mapseqno) as dictionaries from pg_ts_config_map p join ts_token_type(c.cfgparser) t on t.tokid = p.maptokentype where p.mapcfg = c.oid group by t.alias) w), '[]')
          from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace join pg_ts_parser r on r.oid = c.cfgparser join pg_namespace m on m.oid = r.prsnamespace where n.nspname = $1
          union all
          select c.oid, 'pg_cast', 'a' || c.oid, 'cast (' || format_type(c.castsource, null) || ' as ' || format_type(c.casttarget, null) || ')',
            jsonb_build_array(format('create cast (%s as %s) %s%s', format_type(c.castsource, null), format_type(c.casttarget, null),
              case c.castmethod when 'f' then 'with function ' || c.castfunc::regprocedure when 'i' then 'with inout' else 'without function' end, case c.castcontext when 'a' then ' as assignment' when 'i' then ' as implicit' else '' end))
          from pg_cast c join pg_type b on b.oid = c.castsource join pg_type t on t.oid = c.casttarget join pg_namespace n on n.oid in (b.typnamespace, t.typnamespace)
          where n.nspname = $1 and not (b.typtype = 'r' and t.typtype = 'm')) o(oid, catalogue, id, name, ddl)
        where not exists (select from pg_depend x where x.classid = ('pg_catalog.' || o.catalogue)::regclass and x.objid = o.oid and x.deptype in ('e', 'i'))
        """;

    // A view's rule, a column's default, a row type and an array stand for what they are part of; what belongs to an extension for the extension.
    // Not a sequence for its column: that names the sequence in its default, and takes it over once both are there.
    public const string Needs = """
        with node(classid, objid, id) as (
          select 'pg_class'::regclass::oid, c.oid, case when k.oid is not null then 'k' || k.oid when c.relkind = 'c' then 't' || c.reltype else 'c' || c.oid end
            from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_constraint k on k.conindid = c.oid and k.contype in ('p', 'u', 'x') where n.nspname = $1
          union all select 'pg_type'::regclass, t.oid, case when c.relkind <> 'c' then 'c' || c.oid else 't' || b.oid end from pg_type t join pg_namespace n on n.oid = t.typnamespace left join pg_range g on g.rngmultitypid = t.oid
            join pg_type b on b.oid = coalesce(g.rngtypid, case when t.typcategory = 'A' then nullif(t.typelem, 0) end, t.oid) left join pg_class c on c.oid = b.typrelid where n.nspname = $1
          union all select 'pg_proc'::regclass, p.oid, coalesce((select 't' || d.refobjid from pg_depend d where d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.refclassid = 'pg_type'::regclass and d.deptype = 'i' limit 1), 'p' || p.oid)
            from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname = $1
          union all select 'pg_constraint'::regclass, k.oid, case when k.contypid <> 0 then 't' || k.contypid else 'k' || k.oid end from pg_constraint k join pg_namespace n on n.oid = k.connamespace where n.nspname = $1
          union all select 'pg_rewrite'::regclass, r.oid, case when r.rulename = '_RETURN' then 'c' || c.oid else 'w' || r.oid end from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
          union all select 'pg_attrdef'::regclass, d.oid, 'c' || c.oid from pg_attrdef d join pg_class c on c.oid = d.adrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
          union all select 'pg_trigger'::regclass, t.oid, 'g' || t.oid from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and not t.tgisinternal
          union all select 'pg_policy'::regclass, p.oid, 'y' || p.oid from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
          union all select 'pg_collation'::regclass, c.oid, 'l' || c.oid from pg_collation c join pg_namespace n on n.oid = c.collnamespace where n.nspname = $1
          union all select 'pg_statistic_ext'::regclass, s.oid, 's' || s.oid from pg_statistic_ext s join pg_namespace n on n.oid = s.stxnamespace where n.nspname = $1
          union all select 'pg_operator'::regclass, o.oid, 'o' || o.oid from pg_operator o join pg_namespace n on n.oid = o.oprnamespace where n.nspname = $1
          union all select 'pg_ts_dict'::regclass, d.oid, 'd' || d.oid from pg_ts_dict d join pg_namespace n on n.oid = d.dictnamespace where n.nspname = $1
          union all select 'pg_ts_config'::regclass, c.oid, 'f' || c.oid from pg_ts_config c join pg_namespace n on n.oid = c.cfgnamespace where n.nspname = $1
          union all select 'pg_cast'::regclass, c.oid, 'a' || c.oid from pg_cast c join pg_type t on t.oid in (c.castsource, c.casttarget) join pg_namespace n on n.oid = t.typnamespace where n.nspname = $1)
        select distinct 'needs', one.id, other.id, '{}' from pg_depend d join node one on one.classid = d.classid and one.objid = d.objid join node other on other.classid = d.refclassid and other.objid = d.refobjid
        where one.id <> other.id and not (d.deptype in ('a', 'i') and d.classid = 'pg_class'::regclass and exists (select from pg_class c where c.oid = d.objid and c.relkind = 'S'))
        union
        select 'needs', one.id, 'x' || e.extname, '{}' from pg_depend d join node one on one.classid = d.classid and one.objid = d.objid
          join pg_depend m on m.classid = d.refclassid and m.objid = d.refobjid and m.deptype = 'e' and m.refclassid = 'pg_extension'::regclass join pg_extension e on e.oid = m.refobjid where d.deptype <> 'e'
        """;
}
