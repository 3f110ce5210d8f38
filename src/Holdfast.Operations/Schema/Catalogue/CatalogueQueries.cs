namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>
/// What is asked of a catalogue, in one round trip: kind, parent, name and the rest as JSON. <c>$1</c> is the schema. Members of
/// extensions are left out. All of it is understood by PostgreSQL 15 and later.
/// </summary>
internal static class CatalogueQueries
{
    public const string Facts = """
        select current_setting('server_version_num')::int / 10000, current_setting('server_version'), current_database()::text, current_user::text,
          case when has_function_privilege('pg_control_system()', 'execute') then (select system_identifier::text from pg_control_system()) end,
          (select array_agg(nspname::text) from pg_namespace),
          exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where n.nspname = $1 and c.relname = 'schema_versions' and c.relkind in ('r', 'p') and has_table_privilege(c.oid, 'select'))
        """;

    // How texts are sorted is one thing: the library, its locale and its rules. What libc sorts says its name only, in every major.
    private const string Database = """
        select 'database', '', 'database', jsonb_build_object('encoding', pg_encoding_to_char(d.encoding),
          'collate', concat_ws(' ', d.datcollate, case d.datlocprovider when 'i' then 'icu' when 'b' then 'builtin' end, coalesce(to_jsonb(d)->>'datlocale', to_jsonb(d)->>'daticulocale'), to_jsonb(d)->>'daticurules'), 'ctype', d.datctype,
          'collation_version', case when d.datcollversion is distinct from pg_database_collation_actual_version(d.oid) then 'recorded ' || coalesce(d.datcollversion, 'none') || ', the library has ' || coalesce(pg_database_collation_actual_version(d.oid), 'none') end,
          'settings', (select jsonb_agg(c.setting order by c.setting) from pg_db_role_setting s, unnest(s.setconfig) c(setting) where s.setrole = 0 and s.setdatabase = d.oid))
        from pg_database d where d.datname = current_database()
        """;

    private const string Extensions = """
        select 'extension', '', e.extname::text, jsonb_build_object('version', e.extversion, 'schema', n.nspname,
          '~id', 'x' || e.extname, '~default_version', (select default_version from pg_available_extensions a where a.name = e.extname))
        from pg_extension e join pg_namespace n on n.oid = e.extnamespace
        """;

    // Here $1 is the schema's own name, also where a scratch copy is read: roles are named after it. From PostgreSQL 16 on who may
    // make roles becomes ADMIN of each that it makes, and of nothing else by that: no privilege that another major lacks.
    // A role is the whole server's; whether it owns or may anything in this database is what tells whose it is.
    private const string Roles = """
        select 'role', '', r.rolname::text, jsonb_build_object('~here', exists (select from pg_shdepend h join pg_database d on d.datname = current_database()
            where h.refclassid = 'pg_authid'::regclass and h.refobjid = r.oid and (h.dbid = d.oid or (h.classid = 'pg_database'::regclass and h.objid = d.oid))),
          'login', r.rolcanlogin, 'superuser', r.rolsuper, 'createrole', r.rolcreaterole, 'createdb', r.rolcreatedb,
          'replication', r.rolreplication, 'bypassrls', r.rolbypassrls, 'inherit', r.rolinherit, 'connection_limit', r.rolconnlimit,
          'member_of', (select jsonb_agg(distinct g.rolname::text order by g.rolname::text) from pg_auth_members m join pg_roles g on g.oid = m.roleid
            where m.member = r.oid and (coalesce(to_jsonb(m)->>'inherit_option', 'true') = 'true' or to_jsonb(m)->>'set_option' = 'true')),
          'expired', case when r.rolvaliduntil <= now() then true end,
          'admin_of', (select jsonb_agg(distinct g.rolname::text order by g.rolname::text) from pg_auth_members m join pg_roles g on g.oid = m.roleid where m.member = r.oid and m.admin_option
            and not (r.rolcreaterole and to_jsonb(m)->>'inherit_option' = 'false' and to_jsonb(m)->>'set_option' = 'false')),
          'settings', (select jsonb_agg(c.setting order by c.setting) from pg_db_role_setting s, unnest(s.setconfig) c(setting)
            where s.setrole = r.oid and s.setdatabase in (0, (select oid from pg_database where datname = current_database()))))
        from pg_roles r where left(r.rolname, length($1) + 1) = $1 || '_'
        """;

    private const string Schemas = """
        select 'schema', '', '{schema}', jsonb_build_object('~owner', pg_get_userbyid(n.nspowner), 'acl', coalesce(n.nspacl, acldefault('n', n.nspowner))::text[],
          'comment', obj_description(n.oid, 'pg_namespace'))
        from pg_namespace n where n.nspname = $1
        """;

    private const string Types = """
        select case t.typtype when 'e' then 'enum' when 'd' then 'domain' else 'type' end, '', t.typname::text, jsonb_build_object(
          'labels', (select string_agg(quote_literal(e.enumlabel), ', ' order by e.enumsortorder) from pg_enum e where e.enumtypid = t.oid),
          'base', case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end, 'not_null', case when t.typtype = 'd' then t.typnotnull end, 'default', case when t.typtype = 'd' then t.typdefault end,
          'collation', case when t.typtype = 'd' and t.typcollation <> (select b.typcollation from pg_type b where b.oid = t.typbasetype) then t.typcollation::regcollation::text end,
          'constraints', (select jsonb_agg(quote_ident(k.conname) || ' ' || pg_get_constraintdef(k.oid) order by k.conname) from pg_constraint k where k.contypid = t.oid and k.contype = 'c'),
          'attributes', (select string_agg(quote_ident(a.attname) || ' ' || format_type(a.atttypid, a.atttypmod), ', ' order by a.attnum) from pg_attribute a
            where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped),
          'subtype', (select format_type(g.rngsubtype, null) from pg_range g where g.rngtypid = t.oid),
          'range', (select concat_ws(', ', 'subtype_opclass = ' || (select quote_ident(s.nspname) || '.' || quote_ident(o.opcname) from pg_opclass o join pg_namespace s on s.oid = o.opcnamespace where o.oid = g.rngsubopc and not o.opcdefault),
              'collation = ' || case when g.rngcollation <> (select b.typcollation from pg_type b where b.oid = g.rngsubtype) then g.rngcollation::regcollation::text end,
              'subtype_diff = ' || nullif(g.rngsubdiff::oid, 0)::regproc::text, 'multirange_type_name = ' || format('%I.%I', n.nspname, (select m.typname from pg_type m where m.oid = g.rngmultitypid))) from pg_range g where g.rngtypid = t.oid),
          '~id', 't' || t.oid, '~owner', pg_get_userbyid(t.typowner), 'acl', coalesce(t.typacl, acldefault('T', t.typowner))::text[], 'comment', obj_description(t.oid, 'pg_type'))
        from pg_type t join pg_namespace n on n.oid = t.typnamespace
        where n.nspname = $1 and (t.typtype in ('e', 'd', 'r') or (t.typtype = 'c' and exists (select from pg_class c where c.oid = t.typrelid and c.relkind = 'c')))
          and not exists (select from pg_depend x where x.classid = 'pg_type'::regclass and x.objid = t.oid and x.deptype = 'e')
        """;

    private const string Sequences = """
        select 'sequence', '', c.relname::text, jsonb_build_object('type', format_type(s.seqtypid, null), 'start', s.seqstart, 'increment', s.seqincrement, 'min', s.seqmin, 'max', s.seqmax,
          'cache', s.seqcache, 'cycle', s.seqcycle, 'owned_by', o.owned, '~identity', o.identity,
          '~readable', has_sequence_privilege(c.oid, 'select, usage'), '~last', case when has_sequence_privilege(c.oid, 'select, usage') then pg_sequence_last_value(c.oid) end, '~max_query', o.max_query,
          '~id', 'c' || c.oid, '~owner', pg_get_userbyid(c.relowner), 'acl', coalesce(c.relacl, acldefault('s', c.relowner))::text[], 'comment', obj_description(c.oid, 'pg_class'))
        from pg_sequence s join pg_class c on c.oid = s.seqrelid join pg_namespace n on n.oid = c.relnamespace
          left join lateral (select quote_ident(t.relname) || '.' || quote_ident(a.attname) owned, d.deptype = 'i' as identity,
              case when has_table_privilege(t.oid, 'select') and exists (select from pg_index i join pg_class ic on ic.oid = i.indexrelid join pg_am m on m.oid = ic.relam
                  where i.indrelid = t.oid and i.indkey[0] = a.attnum and i.indpred is null and i.indisvalid and m.amname = 'btree')
                then format('select max(%I)::bigint from %I.%I', a.attname, $1, t.relname) end max_query
            from pg_depend d join pg_class t on t.oid = d.refobjid join pg_attribute a on a.attrelid = t.oid and a.attnum = d.refobjsubid
            where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.refclassid = 'pg_class'::regclass and d.deptype in ('a', 'i') limit 1) o on true
        where n.nspname = $1 and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
        """;

    // Those that make values of a range type come and go with it.
    private const string Functions = """
        select 'function', '', p.proname || '(' || pg_get_function_identity_arguments(p.oid) || ')', jsonb_build_object('kind', p.prokind, 'arguments', pg_get_function_arguments(p.oid),
          'result', pg_get_function_result(p.oid), 'language', l.lanname, 'body', coalesce(pg_get_function_sqlbody(p.oid), p.prosrc), '~is_query', p.prosqlbody is not null,
          'security_definer', p.prosecdef, 'volatility', p.provolatile, 'parallel', p.proparallel, 'strict', p.proisstrict, 'leakproof', p.proleakproof,
          'settings', to_jsonb(p.proconfig), 'cost', p.procost, 'rows', p.prorows, '~ddl', case when p.prokind <> 'a' then pg_get_functiondef(p.oid) end,
          'aggregate', (select jsonb_build_array(a.aggtransfn::text, format_type(a.aggtranstype, null), a.aggfinalfn::text, a.agginitval) from pg_aggregate a where a.aggfnoid = p.oid),
          '~signature', quote_ident(p.proname) || '(' || pg_get_function_identity_arguments(p.oid) || ')',
          '~id', 'p' || p.oid, '~owner', pg_get_userbyid(p.proowner), 'acl', coalesce(p.proacl, acldefault('f', p.proowner))::text[], 'comment', obj_description(p.oid, 'pg_proc'))
        from pg_proc p join pg_namespace n on n.oid = p.pronamespace join pg_language l on l.oid = p.prolang
        where n.nspname = $1 and not exists (select from pg_depend x where x.classid = 'pg_proc'::regclass and x.objid = p.oid and (x.deptype = 'e' or (x.deptype = 'i' and x.refclassid = 'pg_type'::regclass)))
        """;

    private const string Relations = """
        select case when c.relkind in ('v', 'm') then 'view' else 'table' end, '', c.relname::text, jsonb_build_object('kind', c.relkind, 'persistence', c.relpersistence,
          'partition_key', case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end, 'bound', pg_get_expr(c.relpartbound, c.oid),
          'parents', (select string_agg(i.inhparent::regclass::text, ', ' order by i.inhseqno) from pg_inherits i where i.inhrelid = c.oid),
          'definition', case when c.relkind in ('v', 'm') then pg_get_viewdef(c.oid) end, 'options', to_jsonb(c.reloptions),
          'replica_identity', case when c.relkind in ('r', 'p') then case c.relreplident when 'i' then 'index ' || (select ic.relname from pg_index i join pg_class ic on ic.oid = i.indexrelid where i.indrelid = c.oid and i.indisreplident) else c.relreplident::text end end,
          'rls', case when c.relkind in ('r', 'p') then c.relrowsecurity end, 'force_rls', case when c.relkind in ('r', 'p') then c.relforcerowsecurity end,
          'defaults', case when c.relkind = 'v' then (select string_agg('alter column ' || quote_ident(a.attname) || ' set default ' || pg_get_expr(d.adbin, d.adrelid), ', ' order by a.attnum) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = c.oid) end,
          '~defaults', case when c.relkind = 'v' then (select string_agg('alter column ' || quote_ident(a.attname) || ' drop default', ', ' order by a.attnum) from pg_attrdef d join pg_attribute a on a.attrelid = d.adrelid and a.attnum = d.adnum where d.adrelid = c.oid) end,
          '~id', 'c' || c.oid, '~owner', pg_get_userbyid(c.relowner), 'acl', coalesce(c.relacl, acldefault('r', c.relowner))::text[], 'comment', obj_description(c.oid, 'pg_class'))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and c.relkind in ('r', 'p', 'f', 'v', 'm') and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
        """;

    private const string Columns = """
        select 'column', c.relname::text, a.attname::text, jsonb_build_object('type', format_type(a.atttypid, a.atttypmod), 'not_null', a.attnotnull,
          'not_null_validated', case when k.conname is not null then false end, '~not_null_name', k.conname, 'identity', nullif(a.attidentity, ''),
          'default', case when a.attgenerated = '' then pg_get_expr(d.adbin, d.adrelid) end, 'generated', case when a.attgenerated <> '' then pg_get_expr(d.adbin, d.adrelid) end,
          'virtual', case when a.attgenerated = 'v' then true end, 'collation', case when a.attcollation <> t.typcollation then a.attcollation::regcollation::text end,
          'storage', case when a.attstorage <> t.typstorage then w.storage end, '~storage', w.storage,
          'compression', case a.attcompression when 'p' then 'pglz' when 'l' then 'lz4' end, 'statistics', case when a.attstattarget >= 0 then a.attstattarget end, 'options', (select jsonb_agg(o.option order by o.option) from unnest(a.attoptions) o(option) where o.option like 'n\_distinct%'),
          '~id', 'c' || c.oid, 'position', row_number() over (partition by c.oid order by a.attnum), '~owner', pg_get_userbyid(c.relowner), 'acl', a.attacl::text[], 'comment', col_description(c.oid, a.attnum))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
          join pg_type t on t.oid = a.atttypid left join pg_attrdef d on d.adrelid = c.oid and d.adnum = a.attnum
          cross join lateral (select case a.attstorage when 'p' then 'plain' when 'e' then 'external' when 'm' then 'main' else 'extended' end) w(storage)
          left join pg_constraint k on k.conrelid = c.oid and k.contype = 'n' and not k.convalidated and k.conkey[1] = a.attnum
        where n.nspname = $1 and c.relkind in ('r', 'p', 'f') and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
        """;

    // PostgreSQL 18 has NOT NULL as constraints too; they are told as the column's nullability. Those of partitions come and go with their parent's.
    // A foreign key is as good as its triggers: pg_restore --disable-triggers that was cut leaves them disabled, and nothing else shows it.
    private const string Constraints = """
        select 'constraint', c.relname::text, k.conname::text, jsonb_build_object('type', k.contype, 'definition', pg_get_constraintdef(k.oid), 'validated', k.convalidated,
          'enforced', case when exists (select from pg_trigger t where t.tgenabled in ('D', 'R') and t.tgconstraint in (select p.oid from pg_constraint p where p.oid = k.oid or p.conparentid = k.oid)) then false end,
          '~id', 'k' || k.oid, '~partitioned', c.relkind = 'p', '~columns', (select jsonb_agg(a.attname order by a.attnum) from pg_attribute a where a.attrelid = c.oid and a.attnum = any (k.conkey)), 'comment', obj_description(k.oid, 'pg_constraint'))
        from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = $1 and k.contype in ('p', 'u', 'c', 'f', 'x') and k.conparentid = 0 and (k.conislocal or k.coninhcount = 0)
          and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = c.oid and x.deptype = 'e')
        """;

    private const string Indexes = """
        select 'index', t.relname::text, c.relname::text, jsonb_build_object('definition', pg_get_indexdef(c.oid), 'valid', i.indisvalid and i.indisready, '~partitioned', c.relkind = 'I', '~id', 'c' || c.oid,
          'comment', obj_description(c.oid, 'pg_class'))
        from pg_index i join pg_class c on c.oid = i.indexrelid join pg_class t on t.oid = i.indrelid join pg_namespace n on n.oid = t.relnamespace
        where n.nspname = $1 and t.relkind in ('r', 'p', 'm') and not c.relispartition
          and not exists (select from pg_constraint k where k.conindid = c.oid and k.contype in ('p', 'u', 'x'))
          and not exists (select from pg_depend x where x.classid = 'pg_class'::regclass and x.objid = t.oid and x.deptype = 'e')
        """;

    private const string Triggers = """
        select 'trigger', c.relname::text, t.tgname::text, jsonb_build_object('definition', pg_get_triggerdef(t.oid), 'enabled', t.tgenabled, '~id', 'g' || t.oid, '~constraint', t.tgconstraint <> 0, 'comment', obj_description(t.oid, 'pg_trigger'))
        from pg_trigger t join pg_class c on c.oid = t.tgrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and not t.tgisinternal and t.tgparentid = 0
        union all
        select 'rule', c.relname::text, r.rulename::text, jsonb_build_object('definition', pg_get_ruledef(r.oid), 'enabled', r.ev_enabled, '~id', 'w' || r.oid, 'comment', obj_description(r.oid, 'pg_rewrite'))
        from pg_rewrite r join pg_class c on c.oid = r.ev_class join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and r.rulename <> '_RETURN'
        union all
        select 'policy', c.relname::text, p.polname::text, jsonb_build_object('command', p.polcmd, 'permissive', p.polpermissive,
          'roles', (select jsonb_agg(case when o.role = 0 then 'PUBLIC' else quote_ident(pg_get_userbyid(o.role)) end order by o.role <> 0, pg_get_userbyid(o.role)) from unnest(p.polroles) o(role)),
          '~id', 'y' || p.oid, 'using', pg_get_expr(p.polqual, p.polrelid), 'check', pg_get_expr(p.polwithcheck, p.polrelid), 'comment', obj_description(p.oid, 'pg_policy'))
        from pg_policy p join pg_class c on c.oid = p.polrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
        """;

    private const string DefaultPrivileges = """
        select 'default privileges', '', pg_get_userbyid(d.defaclrole)::text, jsonb_build_object('~owner', pg_get_userbyid(d.defaclrole), '~object', d.defaclobjtype, '~in_schema', d.defaclnamespace <> 0, 'acl', d.defaclacl::text[])
        from pg_default_acl d where d.defaclnamespace = 0 or d.defaclnamespace = (select oid from pg_namespace where nspname = $1)
        """;

    /// <summary>What each query wants to know: nothing, the schema that is read, or the schema that it stands for.</summary>
    public enum QueryParameter
    {
        None,
        Schema,
        Original,
    }

    /// <summary>All of them, each with its parameter.</summary>
    public static readonly IReadOnlyList<(string Sql, QueryParameter Parameter)> Objects =
    [
        (Database, QueryParameter.None), (Extensions, QueryParameter.None), (Roles, QueryParameter.Original), (Schemas, QueryParameter.Schema), (Types, QueryParameter.Schema), (Sequences, QueryParameter.Schema),
        (Functions, QueryParameter.Schema), (Relations, QueryParameter.Schema), (Columns, QueryParameter.Schema), (Constraints, QueryParameter.Schema), (Indexes, QueryParameter.Schema), (Triggers, QueryParameter.Schema),
        (DefaultPrivileges, QueryParameter.Schema), (OtherQueries.Objects, QueryParameter.Schema), (OtherQueries.Needs, QueryParameter.Schema),
    ];
}
