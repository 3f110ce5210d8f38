using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>A role as it is.</summary>
/// <param name="Name">Its name.</param>
/// <param name="CanLogIn">It may log in.</param>
/// <param name="Inherits">It has the rights of what it is a member of without becoming it.</param>
/// <param name="ConnectionLimit">Sessions at once; -1: no limit.</param>
/// <param name="Powers">Attributes that none of Holdfast's roles may have: <c>superuser</c>, <c>createrole</c>, …</param>
/// <param name="Memberships">Roles that it is a member of.</param>
/// <param name="IsAlterable">The connected role may alter it.</param>
/// <param name="HasPassword">Null: the connected role may not know.</param>
internal sealed record LiveRole(
    string Name, bool CanLogIn, bool Inherits, int ConnectionLimit, IReadOnlyList<string> Powers, IReadOnlyList<LiveMembership> Memberships, bool IsAlterable, bool? HasPassword)
{
    /// <summary>The day on which its password ends; null: it does not.</summary>
    public string? ValidUntil { get; init; }

    /// <summary>Its password has ended: it cannot log in by it.</summary>
    public bool IsExpired { get; init; }

    public IEnumerable<string> MemberOf => Memberships.Select(membership => membership.Group).Distinct();
}

/// <summary>One grant of a role to another.</summary>
/// <param name="Group">The role that was granted.</param>
/// <param name="QuotedGroup">The same as SQL.</param>
/// <param name="QuotedGrantor">By whom, as SQL; from PostgreSQL 16 on each grantor's grant stands for itself.</param>
/// <param name="IsAdmin">The member may hand it on.</param>
/// <param name="Inherits">It has the group's rights without becoming it; before PostgreSQL 16 the member's own attribute says so.</param>
/// <param name="MaySet">It may become the group.</param>
/// <param name="IsOurs">The connected role may change this grant.</param>
internal sealed record LiveMembership(string Group, string QuotedGroup, string QuotedGrantor, bool IsAdmin, bool Inherits, bool MaySet, bool IsOurs);

/// <summary>A role that is not Holdfast's and is a member of one that is.</summary>
/// <param name="Member">Who.</param>
/// <param name="Group">Of what.</param>
internal sealed record LiveMember(string Member, string Group);

/// <summary>What a server says about roles, owners and rights, and about what the connected role may change there.</summary>
internal sealed class AccessState
{
    private const string AskServer = """
        select current_setting('server_version_num')::int / 10000, current_user::text, quote_ident(current_user), quote_ident(current_database()),
          r.rolsuper, r.rolcreaterole, r.rolbypassrls, pg_has_role(d.datdba, 'usage'), quote_ident(pg_get_userbyid(d.datdba)),
          case when current_setting('server_version_num')::int >= 160000 then pg_has_role('pg_monitor', 'member with admin option') else r.rolsuper or r.rolcreaterole end,
          case when current_setting('server_version_num')::int >= 160000 then pg_has_role('pg_read_all_stats', 'member with admin option') else r.rolsuper or r.rolcreaterole end,
          (select array_agg(distinct quote_ident(n.nspname)) from pg_class c join pg_namespace n on n.oid = c.relnamespace
            where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname <> $1 and n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'
              and not exists (select 1 from pg_depend e where e.classid = 'pg_class'::regclass and e.objid = c.oid and e.deptype = 'e')),
          exists (select 1 from pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) a where n.nspname = 'public' and a.grantee = 0 and a.privilege_type = 'CREATE'),
          (select pg_has_role(n.nspowner, 'usage') from pg_namespace n where n.nspname = 'public'),
          (select quote_ident(pg_get_userbyid(n.nspowner)) from pg_namespace n where n.nspname = $1),
          (select pg_has_role(n.nspowner, 'usage') from pg_namespace n where n.nspname = $1),
          (select count(*) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relrowsecurity and c.relname = any($3)),
          has_table_privilege('pg_authid', 'select'),
          exists (select 1 from pg_shdepend s join pg_roles y on y.oid = s.refobjid where s.refclassid = 'pg_authid'::regclass and y.rolname = $2
            and (s.dbid = d.oid or (s.classid = 'pg_database'::regclass and s.objid = d.oid))),
          exists (select 1 from pg_roles y where y.rolname = $4 and pg_has_role(y.oid, 'usage') and pg_has_role(y.oid, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)),
          array(select distinct quote_ident(e.datname) from pg_shdepend s join pg_roles y on y.oid = s.refobjid join pg_database e on e.oid = s.dbid
            where s.refclassid = 'pg_authid'::regclass and s.deptype = 'o' and y.rolname = $4 and e.oid <> d.oid)
        from pg_database d, pg_roles r where d.datname = current_database() and r.rolname = current_user
        """;

    private const string AskRoles = """
        select r.rolname::text, r.rolcanlogin, r.rolinherit, r.rolconnlimit,
          array_remove(array[case when rolsuper then 'superuser' end, case when rolcreaterole then 'createrole' end, case when rolcreatedb then 'createdb' end,
            case when rolreplication then 'replication' end, case when rolbypassrls then 'bypassrls' end], null),
          case when current_setting('server_version_num')::int >= 160000 then pg_has_role(r.oid, 'member with admin option') else true end,
          case when r.rolvaliduntil < 'infinity' then to_char(r.rolvaliduntil, 'YYYY-MM-DD') end, coalesce(r.rolvaliduntil <= now(), false)
        from pg_roles r where r.rolname = any($1)
        """;

    private const string AskMemberships = """
        select pg_get_userbyid(m.member)::text, g.rolname::text, quote_ident(g.rolname), quote_ident(pg_get_userbyid(m.grantor)), m.admin_option,
          coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, r.rolinherit), coalesce((to_jsonb(m) ->> 'set_option')::boolean, true),
          u.rolsuper or case when current_setting('server_version_num')::int >= 160000 then pg_has_role(m.roleid, 'member with admin option') and pg_has_role(m.grantor, 'usage')
            else pg_has_role(m.roleid, 'member with admin option') or (u.rolcreaterole and not g.rolsuper) end
        from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member, pg_roles u
        where r.rolname = any($1) and u.rolname = current_user
        """;

    // Who may create roles is an administrator: it is a member of what it has made; from 16 on it may do nothing with what others have. Who has nothing but the right to hand a role on (16 and newer) hands it to itself.
    private const string AskMembers = """
        select distinct r.rolname::text, g.rolname::text from pg_auth_members m join pg_roles g on g.oid = m.roleid join pg_roles r on r.oid = m.member
        where g.rolname = any($1) and r.rolname <> all($1) and not r.rolsuper and r.rolname <> current_user
          and not (r.rolcreaterole and (current_setting('server_version_num')::int < 160000 or pg_has_role(r.oid, g.oid, 'member with admin option')))
          and (coalesce((to_jsonb(m) ->> 'inherit_option')::boolean, true) or coalesce((to_jsonb(m) ->> 'set_option')::boolean, true) or m.admin_option)
        order by 1, 2
        """;

    private const string AskPasswords = "select rolname::text, rolpassword is not null from pg_authid where rolname = any($1)";

    private const string AskOthers = """
        select distinct quote_ident(r.rolname) from pg_roles r
        where not r.rolsuper and r.rolcanlogin and r.rolname <> all($2) and (
          exists (select 1 from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p') and has_table_privilege(r.oid, c.oid, 'select'))
          or exists (select 1 from pg_stat_activity a where a.datname = current_database() and a.usesysid = r.oid))
        order by 1
        """;

    public required int Version { get; init; }

    /// <summary>Who is connected.</summary>
    public required string User { get; init; }

    public required string QuotedUser { get; init; }

    public required string QuotedDatabase { get; init; }

    public required bool IsSuperuser { get; init; }

    public required bool MayCreateRoles { get; init; }

    public required bool MayGiveBypassRls { get; init; }

    public required bool OwnsDatabase { get; init; }

    public required string DatabaseOwner { get; init; }

    /// <summary>Roles of PostgreSQL that the connected role may make others members of.</summary>
    public required IReadOnlyList<string> Grantable { get; init; }

    /// <summary>Schemas of others that hold tables.</summary>
    public required IReadOnlyList<string> OtherSchemas { get; init; }

    public required bool PublicMayCreate { get; init; }

    public required bool OwnsPublic { get; init; }

    /// <summary>Null: the schema is not there.</summary>
    public required string? SchemaOwner { get; init; }

    public required bool OwnsSchema { get; init; }

    public required bool HasRowSecurity { get; init; }

    /// <summary>The relay's role has something in this database; roles belong to the whole server, so that it is there says nothing.</summary>
    public required bool HasRelay { get; init; }

    /// <summary>The connected role has the owner role's rights and may become it.</summary>
    public required bool ActsAsOwner { get; init; }

    /// <summary>Other databases in which the owner role owns something.</summary>
    public required IReadOnlyList<string> OwnedElsewhere { get; init; }

    /// <summary>Who else may act as a role of Holdfast's.</summary>
    public IReadOnlyList<LiveMember> Members { get; private set; } = [];

    /// <summary>What others were granted in its schema.</summary>
    public IReadOnlyList<LiveStranger> Strangers { get; private set; } = [];

    /// <summary>What the sessions of its roles, and everybody's, start with.</summary>
    public IReadOnlyList<LiveSetting> Settings { get; private set; } = [];

    /// <summary>Views and functions by which its roles reach its rows with somebody else's rights.</summary>
    public IReadOnlyList<LiveDetour> Detours { get; private set; } = [];

    /// <summary>What on its tables runs as whoever uses them and is not declared.</summary>
    public IReadOnlyList<LiveCode> Code { get; private set; } = [];

    /// <summary>What belongs to its roles, without the owner.</summary>
    public IReadOnlyList<LiveOwned> Owned { get; private set; } = [];

    public IReadOnlyDictionary<string, LiveRole> Roles { get; private set; } = new Dictionary<string, LiveRole>();

    public IReadOnlyList<LiveObject> Objects { get; private set; } = [];

    /// <summary>What Holdfast's roles, without the owner, were granted in this database, and PUBLIC in the schema.</summary>
    public IReadOnlyList<LiveRight> Rights { get; private set; } = [];

    /// <summary>What they were granted besides tables, schemas, functions and the database.</summary>
    public IReadOnlyList<LiveOtherRight> OtherRights { get; private set; } = [];

    /// <summary>Log-in roles of somebody else that use the database now or may read the schema.</summary>
    public IReadOnlyList<string> OtherUsers { get; private set; } = [];

    /// <summary>The role as it can be here: in a wider role of PostgreSQL where the narrow one cannot be given.</summary>
    public RoleSpec Suited(RoleSpec role)
    {
        if (role.Wider is not { } wider || Grantable.Contains(role.Predefined!)) return role;
        var isIn = Roles.TryGetValue(role.Name, out var live) ? live.MemberOf.ToList() : [];
        return !isIn.Contains(role.Predefined!) && (isIn.Contains(wider) || Grantable.Contains(wider)) ? role with { Predefined = wider } : role;
    }

    public static async Task<AccessState> ReadAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        string[] names = [.. RoleSpecs.All(schema, new AccessOptions(RowSecurity: true)).Select(role => role.Name)];
        var (state, seesPasswords) = await ReadServerAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        var passwords = !seesPasswords ? [] : (await QueryAsync(connection, AskPasswords, [names], row => (row.GetString(0), row.GetBoolean(1)), cancellationToken).ConfigureAwait(false))
            .ToDictionary(pair => pair.Item1, pair => pair.Item2);
        var memberships = (await QueryAsync(connection, AskMemberships, [names], row => (Member: row.GetString(0), Grant: new LiveMembership(
            row.GetString(1), SqlQuote.Quoted(row.GetString(2)), SqlQuote.Quoted(row.GetString(3)), row.GetBoolean(4), row.GetBoolean(5), row.GetBoolean(6), row.GetBoolean(7))), cancellationToken).ConfigureAwait(false)).ToLookup(one => one.Member, one => one.Grant);
        state.Members = await QueryAsync(connection, AskMembers, [names], row => new LiveMember(row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        state.Strangers = await LiveStrangers.ReadAsync(connection, schema, names, cancellationToken).ConfigureAwait(false);
        state.Code = await LiveCodes.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        state.Settings = await LiveSettings.ReadAsync(connection, names, cancellationToken).ConfigureAwait(false);
        state.Roles = (await QueryAsync(connection, AskRoles, [names], row => new LiveRole(
            row.GetString(0), row.GetBoolean(1), row.GetBoolean(2), row.GetInt32(3), row.GetFieldValue<string[]>(4), [.. memberships[row.GetString(0)]],
            state.IsSuperuser || (state.MayCreateRoles && row.GetBoolean(5)),
            passwords.TryGetValue(row.GetString(0), out var has) ? has : null) { ValidUntil = row.IsDBNull(6) ? null : row.GetString(6), IsExpired = row.GetBoolean(7) }, cancellationToken).ConfigureAwait(false)).ToDictionary(role => role.Name);
        state.Objects =
        [
            .. await LiveObjects.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false),
            .. await LiveOwnedSequences.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false),
        ];
        string[] others = [.. names.Where(name => name != RoleSpecs.Owner(schema))];
        state.Owned = await LiveOwnership.ReadAsync(connection, schema, RoleSpecs.Owner(schema), others, cancellationToken).ConfigureAwait(false);
        state.Detours = await LiveDetours.ReadAsync(connection, schema, state.Objects.Where(TenantPolicies.Cover).Select(found => found.Name), cancellationToken).ConfigureAwait(false);
        state.Rights = await LiveRights.ReadAsync(connection, schema, others, cancellationToken).ConfigureAwait(false);
        state.OtherRights = await LiveRights.ReadOthersAsync(connection, RoleSpecs.Owner(schema), others, cancellationToken).ConfigureAwait(false);
        state.OtherUsers = await QueryAsync(connection, AskOthers, [schema, (string[])[.. names, state.User]], row => SqlQuote.Quoted(row.GetString(0)), cancellationToken).ConfigureAwait(false);
        return state;
    }

    private static async Task<(AccessState State, bool SeesPasswords)> ReadServerAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken) =>
        (await QueryAsync(connection, AskServer, [schema, RoleSpecs.NameOf(schema, "relay"), (string[])[.. RowSecurity.Protected.Select(table => table.Name)], RoleSpecs.Owner(schema)], row => (new AccessState
        {
            Version = row.GetInt32(0), User = row.GetString(1), QuotedUser = SqlQuote.Quoted(row.GetString(2)), QuotedDatabase = SqlQuote.Quoted(row.GetString(3)),
            IsSuperuser = row.GetBoolean(4), MayCreateRoles = row.GetBoolean(5) || row.GetBoolean(4), MayGiveBypassRls = row.GetBoolean(4) || (row.GetBoolean(6) && row.GetInt32(0) >= 16),
            OwnsDatabase = row.GetBoolean(7), DatabaseOwner = row.GetString(8),
            Grantable = [.. new[] { row.GetBoolean(9) ? "pg_monitor" : "", row.GetBoolean(10) ? "pg_read_all_stats" : "" }.Where(name => name.Length > 0)],
            OtherSchemas = row.IsDBNull(11) ? [] : row.GetFieldValue<string[]>(11),
            PublicMayCreate = row.GetBoolean(12), OwnsPublic = !row.IsDBNull(13) && row.GetBoolean(13),
            SchemaOwner = row.IsDBNull(14) ? null : row.GetString(14), OwnsSchema = !row.IsDBNull(15) && row.GetBoolean(15), HasRowSecurity = row.GetInt64(16) > 0, HasRelay = row.GetBoolean(18),
            ActsAsOwner = row.GetBoolean(19), OwnedElsewhere = row.GetFieldValue<string[]>(20),
        }, row.GetBoolean(17)), cancellationToken).ConfigureAwait(false))[0];

    internal static async Task<List<T>> QueryAsync<T>(NpgsqlConnection connection, string sql, object[] parameters, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        foreach (var parameter in parameters) command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(read(reader));
        return rows;
    }
}
