using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>What a role may have been granted on whatever there is in the database; everything else is taken away.</summary>
internal sealed class DeclaredRights(string schema, AccessOptions options, AccessState state)
{
    private readonly Dictionary<string, RoleSpec> _roles = RoleSpecs.All(schema, options).ToDictionary(role => role.Name);
    private readonly Dictionary<string, RoleSpec> _direct = AccessScript.Grantees(schema, options).ToDictionary(role => role.Name);
    private readonly bool _isExclusive = AccessPlanner.IsExclusive(options, state);
    private readonly ILookup<string, LiveObject> _objects = state.Objects.ToLookup(found => found.Name);

    /// <summary>What of <paramref name="right"/> is beyond the declaration. The right to hand it on always is.</summary>
    public IReadOnlyList<string> Beyond(LiveRight right) => [.. right.Words.Except(May(right))];

    /// <summary>What a role lacks on an object that the catalogue does not know.</summary>
    public IReadOnlyList<string> Missing(RoleSpec grantee, LiveObject stray)
    {
        var kind = stray.IsRoutine ? "routine" : stray.Kind;
        var has = state.Rights.Where(right => right.Grantee == grantee.Name && right.Kind == kind && right.Schema == schema && right.Name == stray.Name && right.Column is null).SelectMany(right => right.Words).ToHashSet(StringComparer.Ordinal);
        return [.. StrayObjects.Rights(grantee.Role, kind, stray, options).Where(word => !has.Contains(word))];
    }

    private IReadOnlyList<string> May(LiveRight right)
    {
        // Others use a shared one, too.
        if (right is { Kind: "database", Grantee: "public" }) return _isExclusive ? [] : right.Words;
        if (right.Kind == "database") return _roles.GetValueOrDefault(right.Grantee) is { CanLogIn: true } ? ["connect"] : [];
        if (right.Schema != schema || right.Column is not null || !_direct.TryGetValue(right.Grantee, out var role)) return [];
        if (right.Kind == "schema") return ["usage"];
        if (right.Kind == "table" && Tables.TryGet(right.Name, out var table)) return TableRights.Words(TableRights.Of(role.Role, table, options.RowSecurity));
        var found = _objects[right.Name].FirstOrDefault();
        if (found is not null && StrayObjects.IsDeclared(found)) return role.Role == AccessRole.App && !StrayObjects.IsTriggers(found) ? ["execute"] : [];
        return StrayObjects.Rights(role.Role, right.Kind, found, options);
    }
}
