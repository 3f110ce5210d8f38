-- holdfast:phase expand
-- Whether an erasure covers a row. As a function because its plan is kept for the session: behind a pooler, where nothing is
-- prepared, planning this question anew for every single row costs a third of the row.
create function {schema}.is_erased(tenant_id text, stamp uuid, user_id text, session_id text) returns boolean
language plpgsql stable parallel safe as $$
begin
  return exists (
    select 1 from {schema}.erasures x
    where x.tenant_id = is_erased.tenant_id and x.through >= is_erased.stamp
      and (x.user_id = is_erased.user_id or x.session_id = is_erased.session_id));
end
$$;
