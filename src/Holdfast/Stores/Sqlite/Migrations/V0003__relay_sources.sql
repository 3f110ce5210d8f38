-- holdfast:phase expand
-- The local file pulls from nobody; it has the table because every store has the same.
create table relay_sources (
  source TEXT not null,
  holder BLOB not null,
  held_until INTEGER not null,
  pulled_at INTEGER,
  pulled_rows INTEGER not null,
  held_back_by TEXT,
  error TEXT,
  primary key (source)
) strict, without rowid;
