using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast.Operations.Access;

/// <summary>One role of a server.</summary>
/// <param name="Role">Its task.</param>
/// <param name="Name">Its name, which begins with the schema's: a plain one.</param>
/// <param name="CanLogIn">False: a role that others are members of.</param>
internal sealed record RoleSpec(AccessRole Role, string Name, bool CanLogIn)
{
    /// <summary>The declared role whose rights it has.</summary>
    public string? MemberOf { get; init; }

    /// <summary>False: what it is a member of it must become first (SET ROLE).</summary>
    public bool Inherits { get; init; } = true;

    /// <summary>A role of PostgreSQL that it is a member of.</summary>
    public string? Predefined { get; init; }

    /// <summary>One that has the rights of <see cref="Predefined"/> and more, where only that can be given: Neon's and Supabase's administrators hand out <c>pg_monitor</c> alone.</summary>
    public string? Wider { get; init; }

    /// <summary>Sessions at once; -1: no limit of its own.</summary>
    public int ConnectionLimit { get; init; } = -1;

    /// <summary>Settings of its sessions.</summary>
    public IReadOnlyList<(string Name, string Value)> Settings { get; init; } = [];

    public override string ToString() => Name;
}

/// <summary>The roles of a schema.</summary>
internal static class RoleSpecs
{
    private const int NameMax = 63;

    // Longer than any statement that is well; short enough that a forgotten one ends.
    private const string Work = "15min", Idle = "1min";

    public static string NameOf(string schema, string suffix) => SchemaName.Check(schema).Length + suffix.Length < NameMax
        ? $"{schema}_{suffix}"
        : throw new InvalidInputException("schema", $"'{schema}' is too long for the names of its roles: at most {NameMax - 1 - "migrator".Length} characters.");

    public static string Owner(string schema) => NameOf(schema, "owner");

    public static string App(string schema) => NameOf(schema, "app");

    /// <summary>In the order in which they are made: before their members.</summary>
    public static IReadOnlyList<RoleSpec> All(string schema, AccessOptions options)
    {
        var (owner, app) = (Owner(schema), App(schema));
        var path = ("search_path", $"{schema}, pg_temp");
        RoleSpec Slot(AccessRole role, string suffix) => new(role, NameOf(schema, suffix), CanLogIn: true)
        {
            MemberOf = app, Settings = [path, ("statement_timeout", Work), ("idle_in_transaction_session_timeout", Idle)],
        };
        List<RoleSpec> roles =
        [
            new(AccessRole.Owner, owner, CanLogIn: false) { Settings = [path] },
            new(AccessRole.Migrator, NameOf(schema, "migrator"), CanLogIn: true)
            {
                // A server may have several of the databases, and a check of one takes two sessions.
                MemberOf = owner, Inherits = false, ConnectionLimit = 10,
                // How long a migration may take it says itself.
                Settings = [path, ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "10min")],
            },
            // Its sessions are those of the slots. It sees who else works: an erasure is done only when every older statement has ended.
            new(AccessRole.App, app, CanLogIn: false) { Predefined = "pg_read_all_stats", Wider = "pg_monitor", Settings = [path] },
            Slot(AccessRole.App, "app_a"), Slot(AccessRole.App, "app_b"),
            new(AccessRole.ReadOnly, NameOf(schema, "ro"), CanLogIn: true)
            {
                Settings = [path, ("default_transaction_read_only", "on"), ("statement_timeout", Work), ("idle_in_transaction_session_timeout", Idle)],
            },
            new(AccessRole.Backup, NameOf(schema, "backup"), CanLogIn: true)
            {
                // A dump reads in one transaction for as long as it takes.
                ConnectionLimit = 5, Settings = [path, ("default_transaction_read_only", "on"), ("statement_timeout", "0"), ("idle_in_transaction_session_timeout", "0")],
            },
            new(AccessRole.Monitor, NameOf(schema, "monitor"), CanLogIn: true)
            {
                Predefined = "pg_monitor", ConnectionLimit = 3,
                Settings = [path, ("default_transaction_read_only", "on"), ("statement_timeout", "5s"), ("idle_in_transaction_session_timeout", "10s")],
            },
        ];
        if (options.RowSecurity) roles.Add(Slot(AccessRole.Relay, "relay"));
        return roles;
    }
}
