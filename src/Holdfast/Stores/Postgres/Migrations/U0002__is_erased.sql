-- Takes back V0002. No row depends on the function.
drop function {schema}.is_erased(text, uuid, text, text);
