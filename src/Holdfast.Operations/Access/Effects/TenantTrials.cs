using Holdfast.Rows;
using static Holdfast.Operations.Access.Effects.SampleRow;

namespace Holdfast.Operations.Access.Effects;

/// <summary>Two tenants' rows in a table: whose a role sees and writes, and that nobody gets an answer without saying whose.</summary>
internal static class TenantTrials
{
    public static IEnumerable<EffectTrial> Of(AccessRole role, string schema, Table table)
    {
        var seesAll = role is AccessRole.Backup or AccessRole.Relay;
        string Sees(string tenant, string expected) => $"""
            do $trial$ begin
              perform set_config('{AccessOptions.TenantSetting}', '{tenant}', true);
              if (select coalesce(string_agg(distinct tenant_id, ',' order by tenant_id), '') from {schema}.{table.Name} where tenant_id in ('{Tenant}', '{OtherTenant}')) <> '{expected}' then
                raise exception 'as tenant "{tenant}" other rows than those of "{expected}" are seen' using errcode = 'HF001';
              end if;
            end $trial$
            """;
        var both = $"{Tenant},{OtherTenant}";
        yield return new("see own tenant", table.Name, Sees(Tenant, seesAll ? both : Tenant), EffectOutcome.Allowed);
        yield return new("see own tenant", table.Name, Sees(OtherTenant, seesAll ? both : OtherTenant), EffectOutcome.Allowed);
        yield return new("see without tenant", table.Name, seesAll ? Sees("", both) : $"""
            do $trial$ begin
              perform set_config('{AccessOptions.TenantSetting}', '', true);
              begin
                perform from {schema}.{table.Name} where tenant_id in ('{Tenant}', '{OtherTenant}');
              exception when undefined_object then
                return;
              end;
              raise exception 'without a tenant something is answered' using errcode = 'HF001';
            end $trial$
            """, EffectOutcome.Allowed);
        if (!TableRights.Of(role, table, isByTenant: true).HasFlag(TableRight.Insert)) yield break;
        string Writes(string tenant) => $"do $trial$ begin perform set_config('{AccessOptions.TenantSetting}', '{Tenant}', true); {Insert(schema, table, tenant)}; end $trial$";
        yield return new("write own tenant", table.Name, Writes(Tenant), EffectOutcome.Allowed);
        yield return new("write other tenant", table.Name, Writes(OtherTenant), role == AccessRole.Relay ? EffectOutcome.Allowed : EffectOutcome.Refused);
        if (role == AccessRole.Relay) yield break;
        yield return new("write other tenant", table.Name, $"do $trial$ begin perform set_config('{AccessOptions.TenantSetting}', '{Tenant}', true); update {schema}.{table.Name} set tenant_id = tenant_id where tenant_id = '{OtherTenant}'; if found then raise exception 'another tenant''s row was changed' using errcode = 'HF001'; end if; end $trial$", EffectOutcome.Allowed);
    }
}
