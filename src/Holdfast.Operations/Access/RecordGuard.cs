namespace Holdfast.Operations.Access;

/// <summary>
/// An erasure's row says who erased what and when; nobody changes that, a superuser neither. What a merge notes beside it (<c>loser</c>, <c>feed</c>, <c>nonce</c>)
/// may be written.
/// </summary>
/// <remarks>
/// A merge writes over a row only when one of the same id arrives that is older, and no two erasures have one id: such a row is forged. It is refused as a row that
/// breaks a rule, not as a missing privilege: the relay parks that one row and goes on with the others.
/// </remarks>
internal static class RecordGuard
{
    public const string Function = "refuse_change";
    public const string Trigger = "refuse_change_of_records";

    /// <summary>Stands as the constraint of the error, by which it is told from a missing privilege.</summary>
    public const string Mark = "holdfast_record";

    public static IEnumerable<AccessStatement> Statements(string schema, string roles)
    {
        yield return new(AccessPart.Function, Function, $"""
            create or replace function {schema}.{Function}() returns trigger
            language plpgsql set search_path = pg_catalog, pg_temp as $$
            begin
              if (to_jsonb(new) - array['loser', 'feed', 'nonce']) is distinct from (to_jsonb(old) - array['loser', 'feed', 'nonce']) then
                raise exception '% of %.% is refused: who erased what, and when, is never changed', tg_op, tg_table_schema, tg_table_name
                  using errcode = case when new.stamp < old.stamp then '23001' else '42501' end, constraint = '{Mark}';
              end if;
              return new;
            end
            $$
            """);
        yield return new(AccessPart.Ownership, Function, $"alter function {schema}.{Function}() owner to {RoleSpecs.Owner(roles)}");
        yield return new(AccessPart.Grant, Function, $"revoke all on function {schema}.{Function}() from public, {RoleSpecs.App(roles)}");
    }
}
