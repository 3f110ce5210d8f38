-- All tables of the catalogue (src/Holdfast/Rows/Tables.cs). Uuids are blobs of 16 bytes, times are microseconds since 1970.
-- An append table's feed is its primary key because only AUTOINCREMENT never hands out a place twice.

create table erasures (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  through BLOB not null,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index erasures_user_id_through_idx on erasures (tenant_id, user_id, through);
create index erasures_session_id_through_idx on erasures (tenant_id, session_id, through);

create table conflicts (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  target_table TEXT not null,
  target_id BLOB not null,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index conflicts_target_table_target_id_idx on conflicts (tenant_id, target_table, target_id);

create table revisions (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  target_table TEXT not null,
  target_key TEXT not null,
  base BLOB,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index revisions_target_table_target_key_stamp_idx on revisions (tenant_id, target_table, target_key, stamp);

create table session_memories (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  memory_type TEXT not null,
  author TEXT,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id),
  constraint session_memories_memory_type_check check (memory_type in ('session_metadata', 'message_user', 'message_assistant', 'message_system', 'message_tool', 'context', 'action', 'issue', 'decision', 'log', 'summary'))
) strict;
create index session_memories_session_id_stamp_idx on session_memories (tenant_id, session_id, stamp);
create index session_memories_user_id_stamp_idx on session_memories (tenant_id, user_id, stamp);
-- Full text: kept apart from the rows and without a copy of them. What is taken out must be given as it was put in.
create virtual table session_memories_text using fts5(text, content='', tokenize='porter unicode61 remove_diacritics 2');
create trigger session_memories_text_insert after insert on session_memories when new.content is not null begin
  insert into session_memories_text (rowid, text) values (new.feed, substr(case json_type(new.content) when 'text' then json_extract(new.content, '$') else replace(replace(replace(new.content, '\n', ' '), '\t', ' '), '\"', ' ') end, 1, 100000));
end;
create trigger session_memories_text_delete after delete on session_memories when old.content is not null begin
  insert into session_memories_text (session_memories_text, rowid, text) values ('delete', old.feed, substr(case json_type(old.content) when 'text' then json_extract(old.content, '$') else replace(replace(replace(old.content, '\n', ' '), '\t', ' '), '\"', ' ') end, 1, 100000));
end;
create trigger session_memories_text_update_old after update of content on session_memories when old.content is not null begin
  insert into session_memories_text (session_memories_text, rowid, text) values ('delete', old.feed, substr(case json_type(old.content) when 'text' then json_extract(old.content, '$') else replace(replace(replace(old.content, '\n', ' '), '\t', ' '), '\"', ' ') end, 1, 100000));
end;
create trigger session_memories_text_update_new after update of content on session_memories when new.content is not null begin
  insert into session_memories_text (rowid, text) values (new.feed, substr(case json_type(new.content) when 'text' then json_extract(new.content, '$') else replace(replace(replace(new.content, '\n', ' '), '\t', ' '), '\"', ' ') end, 1, 100000));
end;

create table agent_messages (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  message_type TEXT not null,
  from_agent TEXT not null,
  to_agent TEXT not null,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id),
  constraint agent_messages_message_type_check check (message_type in ('log', 'error', 'task', 'notification', 'query', 'response'))
) strict;
create index agent_messages_to_agent_stamp_idx on agent_messages (tenant_id, to_agent, stamp);

create table read_marks (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  message_id BLOB not null,
  reader TEXT not null,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index read_marks_message_id_idx on read_marks (tenant_id, message_id);

create table research_staging (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  attempts_max INTEGER not null,
  run_after INTEGER,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index research_staging_stamp_idx on research_staging (tenant_id, stamp);

create table video_scripts (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  attempts_max INTEGER not null,
  run_after INTEGER,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index video_scripts_stamp_idx on video_scripts (tenant_id, stamp);

create table upload_jobs (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  attempts_max INTEGER not null,
  run_after INTEGER,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index upload_jobs_stamp_idx on upload_jobs (tenant_id, stamp);

create table job_outcomes (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  job_kind TEXT not null,
  job_id BLOB not null,
  outcome TEXT not null,
  attempt INTEGER not null,
  run_after INTEGER,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id),
  constraint job_outcomes_job_kind_check check (job_kind in ('research_staging', 'video_scripts', 'upload_jobs')),
  constraint job_outcomes_outcome_check check (outcome in ('completed', 'failed', 'dead', 'replayed'))
) strict;
create index job_outcomes_job_id_stamp_idx on job_outcomes (tenant_id, job_id, stamp);

create table commands (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  language TEXT,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index commands_session_id_stamp_idx on commands (tenant_id, session_id, stamp);

create table llm_answers (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  command_id BLOB,
  model_name TEXT,
  content TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index llm_answers_session_id_stamp_idx on llm_answers (tenant_id, session_id, stamp);

create table screenshots (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  file_path TEXT,
  file_url TEXT,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index screenshots_session_id_stamp_idx on screenshots (tenant_id, session_id, stamp);

create table performance_metrics (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  metric_type TEXT not null,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index performance_metrics_session_id_stamp_idx on performance_metrics (tenant_id, session_id, stamp);

create table token_usage (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  source TEXT not null,
  model_name TEXT,
  input_tokens INTEGER not null,
  output_tokens INTEGER not null,
  cached_input_tokens INTEGER,
  reasoning_tokens INTEGER,
  metadata TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index token_usage_user_id_occurred_at_idx on token_usage (tenant_id, user_id, occurred_at);

create table subscription_events (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  event_type TEXT not null,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index subscription_events_user_id_stamp_idx on subscription_events (tenant_id, user_id, stamp);

create table quota_usage (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  period_type TEXT not null,
  period_start INTEGER not null,
  request_count INTEGER not null,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index quota_usage_user_id_period_start_idx on quota_usage (tenant_id, user_id, period_start);

create table payments (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  amount INTEGER not null,
  currency TEXT not null,
  status TEXT not null,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;
create index payments_user_id_stamp_idx on payments (tenant_id, user_id, stamp);

create table failover_events (
  feed INTEGER primary key autoincrement,
  tenant_id TEXT not null,
  id BLOB not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  key TEXT,
  occurred_at INTEGER not null,
  from_provider TEXT,
  to_provider TEXT,
  cause TEXT not null,
  detection_ms INTEGER,
  switch_ms INTEGER,
  content TEXT,
  nonce INTEGER not null default (random() >> 11),
  unique (tenant_id, id)
) strict;

create table sessions (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  title TEXT,
  primary key (tenant_id, key)
) strict, without rowid;
create index sessions_user_id_stamp_idx on sessions (tenant_id, user_id, stamp);

create table knowledge_atoms (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  atom_type TEXT,
  title TEXT,
  manufacturer TEXT,
  difficulty TEXT,
  primary key (tenant_id, key),
  constraint knowledge_atoms_atom_type_check check (atom_type in ('concept', 'procedure', 'specification', 'pattern', 'fault', 'reference')),
  constraint knowledge_atoms_difficulty_check check (difficulty in ('beginner', 'intermediate', 'advanced', 'expert'))
) strict, without rowid;
create index knowledge_atoms_manufacturer_idx on knowledge_atoms (tenant_id, manufacturer);

create table settings (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  category TEXT,
  name TEXT,
  primary key (tenant_id, key)
) strict, without rowid;
create index settings_category_idx on settings (tenant_id, category);

create table users (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  primary key (tenant_id, key)
) strict, without rowid;

create table user_facts (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  subject TEXT,
  primary key (tenant_id, key)
) strict, without rowid;
create index user_facts_user_id_stamp_idx on user_facts (tenant_id, user_id, stamp);

create table subscriptions (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  status TEXT,
  primary key (tenant_id, key)
) strict, without rowid;

create table lives (
  tenant_id TEXT not null,
  key TEXT not null,
  stamp BLOB not null,
  user_id TEXT,
  session_id TEXT,
  occurred_at INTEGER not null,
  content TEXT,
  target_table TEXT,
  target_key TEXT,
  target_session TEXT,
  state TEXT,
  primary key (tenant_id, key),
  constraint lives_state_check check (state in ('alive', 'deleted'))
) strict, without rowid;
create index lives_target_session_idx on lives (tenant_id, target_session);

create table job_claims (
  tenant_id TEXT not null,
  job_id BLOB not null,
  job_kind TEXT not null,
  worker TEXT not null,
  token BLOB not null,
  claimed_until INTEGER not null,
  attempt INTEGER not null,
  primary key (tenant_id, job_id),
  constraint job_claims_job_kind_check check (job_kind in ('research_staging', 'video_scripts', 'upload_jobs'))
) strict, without rowid;

create table erasure_sweeps (
  tenant_id TEXT not null,
  erasure_id BLOB not null,
  horizon INTEGER not null,
  primary key (tenant_id, erasure_id)
) strict, without rowid;

create table relay_cursors (
  source TEXT not null,
  table_name TEXT not null,
  system_identifier TEXT not null,
  anchor_tenant_id TEXT,
  anchor_id BLOB,
  anchor_feed INTEGER,
  anchor_nonce INTEGER,
  repair_pending INTEGER not null,
  primary key (source, table_name)
) strict, without rowid;

create table relay_rejects (
  tenant_id TEXT not null,
  table_name TEXT not null,
  id BLOB not null,
  source TEXT not null,
  error TEXT not null,
  rejected_at INTEGER not null,
  content TEXT,
  primary key (tenant_id, table_name, id)
) strict, without rowid;

create table schema_versions (
  installed_rank INTEGER not null,
  version TEXT,
  description TEXT not null,
  kind TEXT not null,
  script TEXT not null,
  checksum TEXT not null,
  chain_hash TEXT not null,
  state TEXT not null,
  statements INTEGER not null,
  last_statement INTEGER not null,
  error TEXT,
  applied_by TEXT not null,
  tool_version TEXT not null,
  host TEXT not null,
  started_at INTEGER not null,
  finished_at INTEGER,
  lock_wait_ms INTEGER,
  duration_ms INTEGER,
  primary key (installed_rank)
) strict, without rowid;

create table canary (
  id TEXT not null,
  token BLOB not null,
  written_at INTEGER not null,
  primary key (id)
) strict, without rowid;
