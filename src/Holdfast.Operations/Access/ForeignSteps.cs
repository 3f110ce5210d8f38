using Holdfast.Operations.Schema.Sql;
using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>What others have made beside Holdfast's objects and is theirs to end: the SQL for them, and what of a matrix it mends.</summary>
internal static class ForeignSteps
{
    public static IEnumerable<ManualStep> Of(string schema, AccessOptions options, AccessState state)
    {
        var owner = RoleSpecs.Owner(schema);
        foreach (var detour in Detours(schema, options, state).Where(detour => detour.IsPublic && !detour.IsHome))
            yield return new(detour.Revoke, $"everybody reaches rows of {schema} by it, with the rights of {detour.Owner}: grant it to those whom it is for")
            {
                Mends = [.. Users(detour).Select(user => new MendedCell(user, Operation(detour), detour.Name))],
            };
        foreach (var owned in state.Owned)
            if (owned.Mend is { } mend) yield return new(mend, $"{owned.What} belongs to {owned.Role}, and only {owner} may own something") { Mends = [new(owned.Role, "owns", owned.What)] };
        foreach (var stranger in state.Strangers.Where(stranger => stranger.MayBecomeOwner))
            yield return new(stranger.Revoke(schema), $"{stranger.Role} is none of Holdfast's roles, and can do by it what {owner} may") { Mends = [new(stranger.Role, "grants", stranger.Name)] };
        foreach (var setting in SessionSettings.OfEverybody(state).Where(setting => !IsResetHere(options, state, setting))) yield return Reset(state, setting);
        string[] slots = [.. ClosedSlots(schema, options, state)];
        if (slots.Length > 0)
            yield return new($"alter role {slots[0]} login", $"neither {string.Join(" nor ", slots)} may log in, so that no application can: open the one whose password the application has") { Mends = [new(RoleSpecs.App(schema), "attributes", "slots")] };
    }

    /// <summary>A setting of the database that <c>access apply</c> takes away: where the database is Holdfast's alone, and the connected role may. Whoever lets nobody write has a reason (a full disk, say).</summary>
    public static bool IsResetHere(AccessOptions options, AccessState state, LiveSetting setting) =>
        setting is { IsHere: true, MayReset: true } && !IsReadOnly(setting) && state.OwnsDatabase && AccessPlanner.IsExclusive(options, state);

    private static bool IsReadOnly(LiveSetting setting) => setting.Name.Equals("default_transaction_read_only", StringComparison.OrdinalIgnoreCase);

    private static ManualStep Reset(AccessState state, LiveSetting setting)
    {
        var reset = $"{(setting.IsHere ? $"alter database {state.QuotedDatabase}" : "alter role all")} reset {SqlQuote.Dotted(setting.Name)}";
        return new(IsReadOnly(setting) ? $"begin read write; {reset}; commit" : reset,
            IsReadOnly(setting) ? "somebody, or the provider because of a full disk, lets nobody write here: end the cause first" : setting.IsHere ? "others use the database, or its owner must do it" : "it holds in every database of the server",
            IsRequired: IsReadOnly(setting)) { Mends = [new("public", "settings", SessionSettings.Subject(setting))] };
    }

    /// <summary>Views and functions by which a role sees what it must not: the monitor any row of a memory, the app and the reader, where tenants are kept apart, all tenants'.</summary>
    public static IEnumerable<LiveDetour> Detours(string schema, AccessOptions options, AccessState state)
    {
        var monitor = RoleSpecs.NameOf(schema, "monitor");
        return state.Detours.Select(detour => detour.IsRoutine || options.RowSecurity ? detour : detour with { Users = [.. detour.Users.Where(user => user == monitor)] }).Where(detour => detour.Users.Count > 0);
    }

    /// <summary>As whom it stands in the matrix.</summary>
    public static IEnumerable<string> Users(LiveDetour detour) => detour is { IsRoutine: true, IsPublic: true } ? ["public"] : detour.Users;

    public static string Operation(LiveDetour detour) => detour.IsRoutine ? "execute" : "row security";

    /// <summary>The application's log-ins when none of them is open; else none.</summary>
    public static IEnumerable<string> ClosedSlots(string schema, AccessOptions options, AccessState state)
    {
        var slots = RoleSpecs.All(schema, options).Where(role => role is { Role: AccessRole.App, CanLogIn: true }).Select(role => role.Name).ToList();
        return slots.All(slot => state.Roles.TryGetValue(slot, out var live) && !live.CanLogIn) ? slots : [];
    }
}
