-- holdfast:phase expand
-- Rows that too few providers hold yet. Their content is in the tables themselves, so that it can be read in a total outage.
create table spool (
  tenant_id TEXT not null,
  table_name TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  holders TEXT not null,
  spooled_at INTEGER not null,
  released_at INTEGER,
  primary key (tenant_id, table_name, id)
) strict, without rowid;
create index spool_waiting_idx on spool (spooled_at) where released_at is null;
create index spool_released_idx on spool (released_at) where released_at is not null;
