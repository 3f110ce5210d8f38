using Holdfast.Operations.Schema.Sql;
using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>Decides from the live state which statements make it the declared one, and who may run them.</summary>
internal sealed class AccessPlanner(string schema, AccessOptions options, AccessState state)
{
    private const int OthersShownMax = 5;

    private readonly List<string> _statements = [];
    private readonly List<ManualStep> _byHand = [];
    private readonly List<string> _notes = [];
    private readonly List<RoleSpec> _newLogins = [];
    private IReadOnlyList<string> _takenOver = [];
    private readonly string _owner = RoleSpecs.Owner(schema);

    public static AccessPlan Plan(string schema, AccessOptions options, AccessState state) => new AccessPlanner(schema, Effective(schema, options, state), state).Plan();

    /// <summary>What was separated once stays so, also where nobody says it again: the relay has rights in a database with it and with nothing else.</summary>
    public static AccessOptions Effective(string schema, AccessOptions options, AccessState state) =>
        options with { RowSecurity = !options.WithoutRowSecurity && (options.RowSecurity || state.HasRowSecurity || state.HasRelay) };

    /// <summary>Nobody else has tables in the database, or somebody has said so.</summary>
    public static bool IsExclusive(AccessOptions options, AccessState state) => options.Exclusive ?? (state.OtherSchemas.Count == 0 && !StrayObjects.Tables(state).Any());

    /// <summary>Why a database is taken for a shared one.</summary>
    public static string Others(AccessState state) => state.OtherSchemas.Count > 0 ? $"tables in {string.Join(", ", state.OtherSchemas)}"
        : StrayObjects.Tables(state).Select(found => found.Name).ToList() is { Count: > 0 } own ? $"{string.Join(", ", own.Take(OthersShownMax))}{(own.Count > OthersShownMax ? ", …" : "")} in the schema itself" : "--shared";

    private AccessPlan Plan()
    {
        foreach (var role in RoleSpecs.All(schema, options)) AddRole(state.Suited(role));
        AddDatabase();
        AddSchema();
        _byHand.AddRange(ForeignSteps.Of(schema, options, state));
        if (options.WithoutRowSecurity) AddSwitchOff();
        return new AccessPlan(_statements, _byHand, _notes, _newLogins) { TakenOver = _takenOver };
    }

    private void AddRole(RoleSpec role)
    {
        if (role.Predefined is { } given && given == role.Wider) _notes.Add($"{role.Name} is in {given}, which shows more than it needs: nobody here may give less.");
        var live = state.Roles.GetValueOrDefault(role.Name);
        if (live is null)
        {
            var create = $"create role {role.Name} {(role.CanLogIn ? "login" : "nologin")} {(role.Inherits ? "inherit" : "noinherit")} connection limit {role.ConnectionLimit}";
            if (role.CanLogIn) _newLogins.Add(role);
            Do(state.MayCreateRoles, create, $"{state.User} may not create roles", isRequired: true);
            // Whoever creates a role from PostgreSQL 16 on may hand it out, but is not in it.
            if (role.Role == AccessRole.Owner) AddSelf(role);
        }
        else
        {
            if (role.Role == AccessRole.Owner && !state.IsSuperuser) AddSelf(role);
            foreach (var power in live.Powers.Where(power => !(power == "bypassrls" && role.Role == AccessRole.Backup)))
                Do(state.IsSuperuser || (power is "createrole" or "createdb" && live.IsAlterable), $"alter role {role.Name} no{SqlQuote.OneOf(power, "superuser", "createrole", "createdb", "replication", "bypassrls")}", $"{state.User} may not take {power} from {role.Name}");
            if ((live.CanLogIn, live.Inherits, live.ConnectionLimit) != (role.CanLogIn, role.Inherits, role.ConnectionLimit) && !(IsClosedSlot(role, live.CanLogIn) && (live.Inherits, live.ConnectionLimit) == (role.Inherits, role.ConnectionLimit)))
                Do(live.IsAlterable, $"alter role {role.Name} {(role.CanLogIn && !IsClosedSlot(role, live.CanLogIn) ? "login" : "nologin")} {(role.Inherits ? "inherit" : "noinherit")} connection limit {role.ConnectionLimit}", $"{state.User} may not alter {role.Name}");
        }
        if (live is { IsExpired: true } && role.CanLogIn && !IsClosedSlot(role, live.CanLogIn)) Do(live.IsAlterable, $"alter role {role.Name} valid until 'infinity'", $"{state.User} may not alter {role.Name}");
        foreach (var group in new[] { role.MemberOf, role.Predefined }.OfType<string>().Where(group => live?.MemberOf.Contains(group) != true))
            Do(group == role.MemberOf || state.Grantable.Contains(group), $"grant {group} to {role.Name}", $"{state.User} has no ADMIN option on {group}");
        if (live is not null) AddMemberships(role, live);
        foreach (var setting in SessionSettings.Beyond(role, state))
            Do(live!.IsAlterable && setting.MayReset, $"alter role {role.Name}{(setting.IsHere ? $" in database {state.QuotedDatabase}" : "")} reset {SqlQuote.Dotted(setting.Name)}", $"{state.User} may not take {setting.Name} from {role.Name}");
        foreach (var (name, value) in SessionSettings.Missing(role, state))
            Do(live?.IsAlterable ?? true, $"alter role {role.Name} set {name} = {(name == "search_path" ? value : $"'{value}'")}", $"{state.User} may not alter {role.Name}");
        if (options.RowSecurity && role.Role == AccessRole.Backup && live?.Powers.Contains("bypassrls") != true)
        {
            if (state.MayGiveBypassRls) _statements.Add($"alter role {role.Name} bypassrls");
            else _notes.Add($"{role.Name} sees all tenants by its policy, but does not bypass row-level security: dump with pg_dump --enable-row-security.");
        }
    }

    /// <summary>The one of the application's two log-ins that is not in use may be closed; it stays so.</summary>
    public static bool IsClosedSlot(RoleSpec role, bool logsIn) => role is { Role: AccessRole.App, CanLogIn: true } && !logsIn;

    /// <summary>What it is a member of beyond the declaration ends, and what it is declared to be in gives what is declared and no more.</summary>
    private void AddMemberships(RoleSpec role, LiveRole live)
    {
        foreach (var membership in live.Memberships)
        {
            var by = state.Version >= 16 ? $" granted by {membership.QuotedGrantor}" : "";
            var reason = $"{state.User} may not change what {membership.QuotedGrantor} has granted";
            if (membership.Group != role.MemberOf && membership.Group != role.Predefined)
            {
                Do(membership.IsOurs, $"revoke {membership.QuotedGroup} from {role.Name}{by}", reason);
                continue;
            }
            if (membership.IsAdmin) Do(membership.IsOurs, $"revoke admin option for {membership.QuotedGroup} from {role.Name}{by}", reason);
            if (state.Version >= 16 && (membership.Inherits != role.Inherits || !membership.MaySet))
                Do(membership.IsOurs, $"grant {membership.QuotedGroup} to {role.Name} with inherit {(role.Inherits ? "true" : "false")}, set true{by}", reason);
        }
    }

    /// <summary>The relay's own rights go with the strays': without row-level security its role is none of the declared ones.</summary>
    private void AddSwitchOff()
    {
        if (!RowSecurity.IsOn(schema, state)) return;
        _statements.AddRange(RowSecurity.Off(schema, state));
        var relay = RoleSpecs.NameOf(schema, "relay");
        _notes.Add($"Row-level security is switched off: the application and {RoleSpecs.NameOf(schema, "ro")} see the rows of all tenants."
            + (state.HasRelay ? $" {relay} loses its rights here and stays, for other databases of the server may use it: take HOLDFAST_PROVIDER_<NAME>_RELAY out of the processes." : ""));
    }

    private void AddSelf(RoleSpec role)
    {
        if (state.IsSuperuser || state.ActsAsOwner) return;
        var live = state.Roles.GetValueOrDefault(role.Name);
        Do(live?.IsAlterable ?? state.MayCreateRoles, $"grant {role.Name} to {state.QuotedUser}{(state.Version >= 16 ? " with inherit true, set true" : "")}",
            $"{state.User} has no ADMIN option on {role.Name}, so it cannot give objects to it{(state.OwnedElsewhere.Count > 0 ? $". {role.Name} owns what is in {string.Join(", ", state.OwnedElsewhere)}, too: {state.User} could then read and change it" : "")}", isRequired: true);
    }

    private void AddDatabase()
    {
        var database = state.QuotedDatabase;
        var roles = RoleSpecs.All(schema, options);
        var mayGrant = state.OwnsDatabase;
        var reason = $"the database belongs to {state.DatabaseOwner}, and {state.User} is not in it";
        // The relay's, too, where it is none of them any more.
        var live = RoleSpecs.All(schema, options with { RowSecurity = options.RowSecurity || options.WithoutRowSecurity }).Where(role => state.Roles.ContainsKey(role.Name)).Select(role => role.Name).ToList();
        // What somebody handed on stands in the way of taking it back.
        foreach (var revoke in state.Rights.Where(right => right is { Kind: "database", Grantor: null }).SelectMany(right => right.Revokes([]))) Do(mayGrant, revoke, reason);
        if (live.Count > 0) Do(mayGrant, $"revoke all on database {database} from {string.Join(", ", live)}", reason);
        foreach (var setting in SessionSettings.OfEverybody(state).Where(setting => ForeignSteps.IsResetHere(options, state, setting)))
            _statements.Add($"alter database {database} reset {SqlQuote.Dotted(setting.Name)}");
        // First those who keep their right, then PUBLIC's end: nobody is locked out in between.
        Do(mayGrant, $"grant connect on database {database} to {string.Join(", ", roles.Where(role => role.CanLogIn).Select(role => role.Name))}", reason);
        Do(mayGrant, $"grant connect, create, temporary on database {database} to {_owner}", reason, isRequired: true);
        if (!IsExclusive(options, state))
        {
            _notes.Add($"The database is shared ({Others(state)}): PUBLIC keeps what it may do in it, which others may need. --exclusive takes that away.");
            return;
        }
        if (state.OtherUsers.Count > 0)
        {
            Do(mayGrant, $"grant connect on database {database} to {string.Join(", ", state.OtherUsers)}", reason);
            _notes.Add($"These roles use the database or may read the schema and are not Holdfast's; they may still connect: {string.Join(", ", state.OtherUsers)}.");
        }
        Do(mayGrant, $"revoke all on database {database} from public", reason);
        if (state.PublicMayCreate) Do(state.OwnsPublic, "revoke create on schema public from public", $"{state.User} does not own the schema public");
    }

    private void AddSchema()
    {
        if (state.SchemaOwner is null)
        {
            _statements.Add($"create schema {schema} authorization {_owner}");
            _notes.Add($"The schema {schema} is not there: its tables get these rights when {RoleSpecs.NameOf(schema, "migrator")} migrates. Run this again afterwards, for the triggers and erase(){(options.RowSecurity ? "; before that the app sees none of them" : "")}.");
        }
        var strangers = state.Objects.Where(found => !found.IsOurs && !found.IsOwned && found.Owner != _owner && (StrayObjects.IsDeclared(found) || StrayObjects.Doubt(found, _owner, options, state) is null)).ToList();
        if (!state.OwnsSchema && state.SchemaOwner is not null && state.SchemaOwner != _owner)
            _byHand.Add(new($"alter schema {schema} owner to {_owner}", $"the schema belongs to {state.SchemaOwner}, and {state.User} is not in it", IsRequired: true));
        foreach (var stranger in strangers)
            _byHand.Add(new($"alter {stranger.Target(schema)} owner to {_owner}", $"it belongs to {stranger.Owner}, and {state.User} is not in it (grant {stranger.Owner} to {state.QuotedUser} would do, too)", IsRequired: true));
        // Who is given something in a schema must be able to create in it.
        foreach (var statement in AccessScript.SchemaStatements(schema, options).Where(IsNeeded))
            if (IsSchemaOwner(statement)) _statements.Add(statement.Sql);
        var strays = new StrayPlanner(schema, options, state);
        strays.Plan();
        _statements.AddRange(strays.Statements);
        _byHand.AddRange(strays.ByHand);
        _takenOver = strays.TakenOver;
        if (_takenOver.Count > 0) _notes.Add($"{_owner} becomes the owner of what others have made in the schema: {string.Join(", ", _takenOver)}.");
        foreach (var statement in AccessScript.SchemaStatements(schema, options).Where(IsNeeded))
            if (!IsSchemaOwner(statement)) _statements.Add(statement.Sql);
    }

    private static string NameOf(LiveObject found) => found.Name.Split('(')[0];

    // What has a table's name and is none makes the script fail, and must.
    private LiveObject? LiveOf(string subject) =>
        state.Objects.FirstOrDefault(found => NameOf(found) == subject && StrayObjects.IsDeclared(found)) ?? state.Objects.FirstOrDefault(found => !found.IsRoutine && found.Name == subject);

    private bool IsSchemaOwner(AccessStatement statement) => statement.Subject == schema && statement.Part == AccessPart.Ownership;

    private bool IsNeeded(AccessStatement statement)
    {
        if (IsSchemaOwner(statement)) return state.SchemaOwner is not null && state.SchemaOwner != _owner;
        var subject = statement.Subject.Split('.')[0];
        var live = LiveOf(subject);
        var isMade = subject == schema || subject is EraseFunction.Name or MatchFunction.Name or DeleteGuard.Function or RecordGuard.Function;
        // What is not there yet gets its rights when a migration makes it.
        if (live is null) return isMade && (subject == schema || Array.TrueForAll([.. Tables.All], table => state.Objects.Any(found => found.Name == table.Name)));
        return statement.Part switch
        {
            AccessPart.Ownership => live.Owner != _owner,
            // Each of these takes a lock that stops the application for a moment, so they are left out where nothing is to be changed.
            AccessPart.Trigger => GuardTriggers.Missing(schema, Tables.Get(subject), live).Any(),
            AccessPart.RowSecurity => !live.RowSecurity,
            AccessPart.Policy => TenantPolicies.Missing(schema, live).Contains(statement.Subject.Split('.')[1]),
            _ => true,
        };
    }

    private void Do(bool may, string sql, string reason, bool isRequired = false)
    {
        if (may) _statements.Add(sql);
        else _byHand.Add(new ManualStep(sql, reason, isRequired));
    }
}
