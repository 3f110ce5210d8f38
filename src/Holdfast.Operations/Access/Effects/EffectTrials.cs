using Holdfast.Rows;

namespace Holdfast.Operations.Access.Effects;

/// <summary>What every role is tried with, made from the declaration: on each table, and on what is around the tables.</summary>
internal static class EffectTrials
{
    /// <summary>A name that nothing has: what a trial makes by mistake stands under it until it is rolled back.</summary>
    private const string Name = "holdfast_access_trial";

    public static IEnumerable<EffectTrial> Of(RoleSpec role, string schema, AccessState state, AccessOptions options)
    {
        foreach (var table in Tables.All)
            foreach (var trial in OnTable(role.Role, schema, table.Name, TableRights.Of(role.Role, table, options.RowSecurity), [.. table.Columns.Select(column => column.Name)])) yield return trial;
        foreach (var trial in Around(role, schema, AccessPlanner.IsExclusive(options, state))) yield return trial;
        foreach (var trial in Functions(role, schema)) yield return trial;
        if (options.RowSecurity)
            foreach (var trial in OtherTenants(role, schema)) yield return trial;
    }

    /// <summary>No row is read or written: that a privilege is missing is told before the first one.</summary>
    public static IEnumerable<EffectTrial> OnTable(AccessRole role, string schema, string table, TableRight rights, IReadOnlyList<string> columns)
    {
        var name = $"{schema}.{table}";
        // The owner's DELETE and TRUNCATE are the guard's to refuse.
        if (role == AccessRole.Owner) yield break;
        EffectTrial Trial(string operation, string sql, TableRight right) => new(operation, table, sql, rights.HasFlag(right) ? EffectOutcome.Allowed : EffectOutcome.Refused);
        yield return Trial("select", $"select 1 from {name} limit 0", TableRight.Select);
        yield return Trial("insert", $"insert into {name} select (null::{name}).* where false", TableRight.Insert);
        yield return Trial("update", $"update {name} set {string.Join(", ", columns.Select(column => $"{column} = null"))} where false", TableRight.Update);
        yield return Trial("delete", $"delete from {name} where false", TableRight.Delete);
        yield return new("truncate", table, $"truncate {name}", EffectOutcome.Refused);
        yield return new("alter", table, $"alter table {name} disable trigger all", EffectOutcome.Refused);
        yield return new("drop", table, $"drop table {name}", EffectOutcome.Refused);
    }

    private static IEnumerable<EffectTrial> Around(RoleSpec role, string schema, bool isExclusive)
    {
        if (role.Role == AccessRole.Owner) yield break;
        yield return new("create table", schema, $"create table {schema}.{Name} ()", EffectOutcome.Refused);
        yield return new("create schema", "", $"create schema {Name}", EffectOutcome.Refused);
        yield return new("create role", "", $"create role {Name}", EffectOutcome.Refused);
        if (!isExclusive) yield break;
        yield return new("create table", "public", $"create table public.{Name} ()", EffectOutcome.Refused);
        yield return new("create temp table", "", $"create temp table {Name} ()", EffectOutcome.Refused);
    }

    /// <summary>What runs with the owner's rights holds to the tenant of the transaction, which is another one here, or none.</summary>
    private static IEnumerable<EffectTrial> OtherTenants(RoleSpec role, string schema)
    {
        if (role.Role == AccessRole.Owner) yield break;
        foreach (var said in (string[])[Name + "_other", ""])
        {
            string Under(string call) => $"do $trial$ begin perform set_config('{AccessOptions.TenantSetting}', '{said}', true); perform {call}; end $trial$";
            yield return new("execute for other tenant", EraseFunction.Name, Under($"* from {schema}.{EraseFunction.Name}('{Name}', '{Name}', null)"), EffectOutcome.Refused);
            yield return new("execute for other tenant", MatchFunction.Name, Under($"{schema}.{MatchFunction.Name}('{Name}', '{Name}')"), EffectOutcome.Refused);
        }
    }

    private static IEnumerable<EffectTrial> Functions(RoleSpec role, string schema)
    {
        if (role.Role == AccessRole.Owner) yield break;
        var may = role.Role is AccessRole.App or AccessRole.Relay ? EffectOutcome.Allowed : EffectOutcome.Refused;
        yield return new("execute", "is_erased", $"select {schema}.is_erased('{Name}', '00000000-0000-7000-8000-000000000000', null, '{Name}')", may);
        yield return new("execute", EraseFunction.Name, $"select * from {schema}.{EraseFunction.Name}(set_config('{AccessOptions.TenantSetting}', '{Name}', true), '{Name}', null)", may);
        yield return new("execute", MatchFunction.Name, $"select {schema}.{MatchFunction.Name}(set_config('{AccessOptions.TenantSetting}', '{Name}', true), '{Name}')", may);
    }
}
