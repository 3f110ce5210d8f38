using Holdfast.Stores.Queries;

namespace Holdfast.Operations.Access;

/// <summary>
/// <c>matching(tenant, words)</c>: the identities of a tenant's messages that have one of the words. Under row-level security a search asks it first.
/// </summary>
/// <remarks>
/// A policy goes before every condition that could give rows away, and <c>@@</c> counts as one of those: as the application's role a search would compute the
/// words of every message of its tenant (20,000 messages: a second) instead of asking the index of words. The owner's policy shows it all rows, so
/// that in here the index is used; the function itself holds to the tenant of the transaction.
/// </remarks>
internal static class MatchFunction
{
    public const string Name = Stores.Postgres.RowSecurity.Matching;

    public const string Signature = Name + "(text, text)";

    public static IEnumerable<AccessStatement> Statements(string schema, string roles)
    {
        yield return new(AccessPart.Function, Name, $$"""
            create or replace function {{schema}}.{{Name}}(tenant_id text, words text) returns setof uuid
            language plpgsql stable security definer set search_path = pg_catalog, pg_temp set plan_cache_mode = force_custom_plan as $$
            begin
              if $1 is null or $1 is distinct from nullif(current_setting('{{AccessOptions.TenantSetting}}', true), '') then
                raise exception '{{Name}}: % is not the tenant of this transaction ({{AccessOptions.TenantSetting}})', $1 using errcode = '42501';
              end if;
              return query select m.id from {{schema}}.session_memories m where m.tenant_id = $1 and {{SessionQueries.SearchText.Trim()}} @@ to_tsquery('english', $2);
            end
            $$
            """);
        yield return new(AccessPart.Ownership, Name, $"alter function {schema}.{Signature} owner to {RoleSpecs.Owner(roles)}");
        yield return new(AccessPart.Grant, Name, $"revoke all on function {schema}.{Signature} from public");
        yield return new(AccessPart.Grant, Name, $"grant execute on function {schema}.{Signature} to {RoleSpecs.App(roles)}");
    }
}
