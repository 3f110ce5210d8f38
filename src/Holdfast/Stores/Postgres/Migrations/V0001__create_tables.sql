-- holdfast:phase expand
-- All tables of the catalogue (src/Holdfast/Rows/Tables.cs). {schema} is the schema that was chosen, "holdfast" by default.
-- Merged tables have no unique constraint but the primary key and no foreign keys: a row may arrive before its parent.

create schema if not exists {schema};

create table {schema}.erasures (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  through uuid not null,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index erasures_feed_idx on {schema}.erasures (feed, tenant_id, id);
create index erasures_loser_idx on {schema}.erasures (tenant_id) where loser is not null;
create index erasures_user_id_through_idx on {schema}.erasures (tenant_id, user_id, through);
create index erasures_session_id_through_idx on {schema}.erasures (tenant_id, session_id, through);

create table {schema}.conflicts (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  target_table text not null,
  target_id uuid not null,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index conflicts_feed_idx on {schema}.conflicts (feed, tenant_id, id);
create index conflicts_loser_idx on {schema}.conflicts (tenant_id) where loser is not null;
create index conflicts_target_table_target_id_idx on {schema}.conflicts (tenant_id, target_table, target_id);

create table {schema}.revisions (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  target_table text not null,
  target_key text not null,
  base uuid,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index revisions_feed_idx on {schema}.revisions (feed, tenant_id, id);
create index revisions_loser_idx on {schema}.revisions (tenant_id) where loser is not null;
create index revisions_target_table_target_key_stamp_idx on {schema}.revisions (tenant_id, target_table, target_key, stamp);

create table {schema}.session_memories (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  memory_type text not null,
  author text,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id),
  constraint session_memories_memory_type_check check (memory_type in ('session_metadata', 'message_user', 'message_assistant', 'message_system', 'message_tool', 'context', 'action', 'issue', 'decision', 'log', 'summary'))
);
create index session_memories_feed_idx on {schema}.session_memories (feed, tenant_id, id);
create index session_memories_loser_idx on {schema}.session_memories (tenant_id) where loser is not null;
create index session_memories_session_id_stamp_idx on {schema}.session_memories (tenant_id, session_id, stamp);
create index session_memories_user_id_stamp_idx on {schema}.session_memories (tenant_id, user_id, stamp);
-- Full text of a message (a JSON string) or of a record (its JSON without the escapes, which would stick to words). Only the
-- first 100,000 characters are searched: a tsvector holds one megabyte at most.
create index session_memories_text_idx on {schema}.session_memories using gin (to_tsvector('english', left(
  case when json_typeof(content) = 'string' then content #>> '{}' else replace(replace(replace(content #>> '{}', '\n', ' '), '\t', ' '), '\"', ' ') end, 100000)));

create table {schema}.agent_messages (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  message_type text not null,
  from_agent text not null,
  to_agent text not null,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id),
  constraint agent_messages_message_type_check check (message_type in ('log', 'error', 'task', 'notification', 'query', 'response'))
);
create index agent_messages_feed_idx on {schema}.agent_messages (feed, tenant_id, id);
create index agent_messages_loser_idx on {schema}.agent_messages (tenant_id) where loser is not null;
create index agent_messages_to_agent_stamp_idx on {schema}.agent_messages (tenant_id, to_agent, stamp);

create table {schema}.read_marks (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  message_id uuid not null,
  reader text not null,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index read_marks_feed_idx on {schema}.read_marks (feed, tenant_id, id);
create index read_marks_loser_idx on {schema}.read_marks (tenant_id) where loser is not null;
create index read_marks_message_id_idx on {schema}.read_marks (tenant_id, message_id);

create table {schema}.research_staging (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  attempts_max bigint not null,
  run_after timestamptz,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index research_staging_feed_idx on {schema}.research_staging (feed, tenant_id, id);
create index research_staging_loser_idx on {schema}.research_staging (tenant_id) where loser is not null;
create index research_staging_stamp_idx on {schema}.research_staging (tenant_id, stamp);

create table {schema}.video_scripts (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  attempts_max bigint not null,
  run_after timestamptz,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index video_scripts_feed_idx on {schema}.video_scripts (feed, tenant_id, id);
create index video_scripts_loser_idx on {schema}.video_scripts (tenant_id) where loser is not null;
create index video_scripts_stamp_idx on {schema}.video_scripts (tenant_id, stamp);

create table {schema}.upload_jobs (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  attempts_max bigint not null,
  run_after timestamptz,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index upload_jobs_feed_idx on {schema}.upload_jobs (feed, tenant_id, id);
create index upload_jobs_loser_idx on {schema}.upload_jobs (tenant_id) where loser is not null;
create index upload_jobs_stamp_idx on {schema}.upload_jobs (tenant_id, stamp);

create table {schema}.job_outcomes (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  job_kind text not null,
  job_id uuid not null,
  outcome text not null,
  attempt bigint not null,
  run_after timestamptz,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id),
  constraint job_outcomes_job_kind_check check (job_kind in ('research_staging', 'video_scripts', 'upload_jobs')),
  constraint job_outcomes_outcome_check check (outcome in ('completed', 'failed', 'dead', 'replayed'))
);
create index job_outcomes_feed_idx on {schema}.job_outcomes (feed, tenant_id, id);
create index job_outcomes_loser_idx on {schema}.job_outcomes (tenant_id) where loser is not null;
create index job_outcomes_job_id_stamp_idx on {schema}.job_outcomes (tenant_id, job_id, stamp);

create table {schema}.commands (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  language text,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index commands_feed_idx on {schema}.commands (feed, tenant_id, id);
create index commands_loser_idx on {schema}.commands (tenant_id) where loser is not null;
create index commands_session_id_stamp_idx on {schema}.commands (tenant_id, session_id, stamp);

create table {schema}.llm_answers (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  command_id uuid,
  model_name text,
  content json,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index llm_answers_feed_idx on {schema}.llm_answers (feed, tenant_id, id);
create index llm_answers_loser_idx on {schema}.llm_answers (tenant_id) where loser is not null;
create index llm_answers_session_id_stamp_idx on {schema}.llm_answers (tenant_id, session_id, stamp);

create table {schema}.screenshots (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  file_path text,
  file_url text,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index screenshots_feed_idx on {schema}.screenshots (feed, tenant_id, id);
create index screenshots_loser_idx on {schema}.screenshots (tenant_id) where loser is not null;
create index screenshots_session_id_stamp_idx on {schema}.screenshots (tenant_id, session_id, stamp);

create table {schema}.performance_metrics (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  metric_type text not null,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index performance_metrics_feed_idx on {schema}.performance_metrics (feed, tenant_id, id);
create index performance_metrics_loser_idx on {schema}.performance_metrics (tenant_id) where loser is not null;
create index performance_metrics_session_id_stamp_idx on {schema}.performance_metrics (tenant_id, session_id, stamp);

create table {schema}.token_usage (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  source text not null,
  model_name text,
  input_tokens bigint not null,
  output_tokens bigint not null,
  cached_input_tokens bigint,
  reasoning_tokens bigint,
  metadata json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index token_usage_feed_idx on {schema}.token_usage (feed, tenant_id, id);
create index token_usage_loser_idx on {schema}.token_usage (tenant_id) where loser is not null;
create index token_usage_user_id_occurred_at_idx on {schema}.token_usage (tenant_id, user_id, occurred_at);

create table {schema}.subscription_events (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  event_type text not null,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index subscription_events_feed_idx on {schema}.subscription_events (feed, tenant_id, id);
create index subscription_events_loser_idx on {schema}.subscription_events (tenant_id) where loser is not null;
create index subscription_events_user_id_stamp_idx on {schema}.subscription_events (tenant_id, user_id, stamp);

create table {schema}.quota_usage (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  period_type text not null,
  period_start timestamptz not null,
  request_count bigint not null,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index quota_usage_feed_idx on {schema}.quota_usage (feed, tenant_id, id);
create index quota_usage_loser_idx on {schema}.quota_usage (tenant_id) where loser is not null;
create index quota_usage_user_id_period_start_idx on {schema}.quota_usage (tenant_id, user_id, period_start);

create table {schema}.payments (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  amount bigint not null,
  currency text not null,
  status text not null,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index payments_feed_idx on {schema}.payments (feed, tenant_id, id);
create index payments_loser_idx on {schema}.payments (tenant_id) where loser is not null;
create index payments_user_id_stamp_idx on {schema}.payments (tenant_id, user_id, stamp);

create table {schema}.failover_events (
  tenant_id text not null,
  id uuid not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  key text,
  occurred_at timestamptz not null,
  from_provider text,
  to_provider text,
  cause text not null,
  detection_ms bigint,
  switch_ms bigint,
  content json,
  loser json,
  feed xid8 not null default pg_current_xact_id(),
  nonce bigint not null default (random() * 9007199254740991)::bigint,
  primary key (tenant_id, id)
);
create index failover_events_feed_idx on {schema}.failover_events (feed, tenant_id, id);
create index failover_events_loser_idx on {schema}.failover_events (tenant_id) where loser is not null;

create table {schema}.sessions (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  title text,
  primary key (tenant_id, key)
);
create index sessions_user_id_stamp_idx on {schema}.sessions (tenant_id, user_id, stamp);

create table {schema}.knowledge_atoms (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  atom_type text,
  title text,
  manufacturer text,
  difficulty text,
  primary key (tenant_id, key),
  constraint knowledge_atoms_atom_type_check check (atom_type in ('concept', 'procedure', 'specification', 'pattern', 'fault', 'reference')),
  constraint knowledge_atoms_difficulty_check check (difficulty in ('beginner', 'intermediate', 'advanced', 'expert'))
);
create index knowledge_atoms_manufacturer_idx on {schema}.knowledge_atoms (tenant_id, manufacturer);

create table {schema}.settings (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  category text,
  name text,
  primary key (tenant_id, key)
);
create index settings_category_idx on {schema}.settings (tenant_id, category);

create table {schema}.users (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  primary key (tenant_id, key)
);

create table {schema}.user_facts (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  subject text,
  primary key (tenant_id, key)
);
create index user_facts_user_id_stamp_idx on {schema}.user_facts (tenant_id, user_id, stamp);

create table {schema}.subscriptions (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  status text,
  primary key (tenant_id, key)
);

create table {schema}.lives (
  tenant_id text not null,
  key text not null,
  stamp uuid not null,
  user_id text,
  session_id text,
  occurred_at timestamptz not null,
  content json,
  target_table text,
  target_key text,
  target_session text,
  state text,
  primary key (tenant_id, key),
  constraint lives_state_check check (state in ('alive', 'deleted'))
);
create index lives_target_session_idx on {schema}.lives (tenant_id, target_session);

create table {schema}.job_claims (
  tenant_id text not null,
  job_id uuid not null,
  job_kind text not null,
  worker text not null,
  token uuid not null,
  claimed_until timestamptz not null,
  attempt bigint not null,
  primary key (tenant_id, job_id),
  constraint job_claims_job_kind_check check (job_kind in ('research_staging', 'video_scripts', 'upload_jobs'))
);

create table {schema}.erasure_sweeps (
  tenant_id text not null,
  erasure_id uuid not null,
  horizon xid8 not null,
  primary key (tenant_id, erasure_id)
);

create table {schema}.relay_cursors (
  source text not null,
  table_name text not null,
  system_identifier text not null,
  anchor_tenant_id text,
  anchor_id uuid,
  anchor_feed xid8,
  anchor_nonce bigint,
  repair_pending boolean not null,
  primary key (source, table_name)
);

create table {schema}.relay_rejects (
  tenant_id text not null,
  table_name text not null,
  id uuid not null,
  source text not null,
  error text not null,
  rejected_at timestamptz not null,
  content json,
  primary key (tenant_id, table_name, id)
);

create table {schema}.schema_versions (
  installed_rank bigint not null,
  version text,
  description text not null,
  kind text not null,
  script text not null,
  checksum text not null,
  chain_hash text not null,
  state text not null,
  statements bigint not null,
  last_statement bigint not null,
  error text,
  applied_by text not null,
  tool_version text not null,
  host text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  lock_wait_ms bigint,
  duration_ms bigint,
  primary key (installed_rank)
);

create table {schema}.canary (
  id text not null,
  token uuid not null,
  written_at timestamptz not null,
  primary key (id)
);
