-- holdfast:phase expand
-- Who pulls from which provider until when, on the receiver: one process a pair, also where a pooler allows no advisory lock.
create table {schema}.relay_sources (
  source text not null,
  holder uuid not null,
  held_until timestamptz not null,
  pulled_at timestamptz,
  pulled_rows bigint not null,
  held_back_by text,
  error text,
  primary key (source)
);
