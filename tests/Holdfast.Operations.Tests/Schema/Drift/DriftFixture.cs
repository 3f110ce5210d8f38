using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>A schema with everything in it that can drift.</summary>
internal static class DriftFixture
{
    public const string Schema = "fx";

    /// <summary>Run once on a server.</summary>
    public const string Roles = """
        create role fx_group nologin;
        create role fx_app login connection limit 7 in role fx_group;
        alter role fx_app set statement_timeout = '5s';
        create role mallory;
        create role supabase_admin;
        """;

    public static Migration Migration { get; } = Migration.Parse("V0001__fixture.sql", Sql);

    /// <summary>What a migrator writes down.</summary>
    public static string Record { get; } = $"""
        insert into fx.schema_versions values (1, '0001', 'fixture', 'V', 'V0001__fixture.sql', '{Migration.Checksum}', '{Migration.ChainHash("")}', 'applied')
        """;

    private const string Sql = """
        -- holdfast:transaction off
        create schema if not exists {schema};
        create table {schema}.schema_versions (
          installed_rank bigint primary key, version text, description text not null, kind text not null, script text not null, checksum text not null, chain_hash text not null, state text not null);
        create extension if not exists pg_trgm with schema public;
        create extension if not exists fuzzystrmatch with schema public;
        create type {schema}.mood as enum ('sad', 'ok', 'fine', 'happy');
        create domain {schema}.email as text default 'none' constraint email_check check (value like '%@%' or value = 'none');
        create type {schema}.point3 as (x integer, y integer, z integer);
        create sequence {schema}.tickets increment by 1;
        create function {schema}.next_ticket() returns bigint language sql volatile as $$ select nextval('{schema}.tickets') $$;
        create table {schema}.people (
          id bigint generated always as identity primary key,
          name text not null,
          nick text,
          email {schema}.email,
          mood {schema}.mood default 'ok',
          status text not null default 'new',
          age integer,
          double_age integer generated always as (age * 2) stored,
          score numeric(10,2) default 0,
          lang text collate "C",
          ticket bigint default {schema}.next_ticket(),
          constraint people_status_check check (status in ('new', 'old')),
          constraint people_name_key unique (name)
        );
        create index people_age_idx on {schema}.people (age);
        create index concurrently people_nick_idx on {schema}.people using gin (nick public.gin_trgm_ops);
        create unique index people_lower_idx on {schema}.people (lower(name)) where status = 'new';
        create table {schema}.visits (
          id serial primary key,
          person_id bigint not null constraint visits_person_fk references {schema}.people (id) on delete cascade,
          at timestamptz not null,
          note text constraint visits_note_check check (length(note) < 100)
        );
        alter table {schema}.visits set (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);
        alter table {schema}.visits replica identity full;
        create table {schema}.notes (id serial primary key, body text default 'it''s');
        create table {schema}.events (id bigint not null, at date not null, body text, primary key (id, at)) partition by range (at);
        create table {schema}.events_2025 partition of {schema}.events for values from ('2025-01-01') to ('2026-01-01');
        create table {schema}.events_2026 partition of {schema}.events for values from ('2026-01-01') to ('2027-01-01');
        create index events_at_idx on {schema}.events (at);
        create view {schema}.people_names with (security_invoker = true) as select id, name from {schema}.people where status = 'new';
        create view {schema}.visit_counts as select n.name, count(*) as visits from {schema}.people_names n join {schema}.visits v on v.person_id = n.id group by n.name;
        create materialized view {schema}.moods as select mood, count(*) from {schema}.people group by mood;
        create function {schema}.touch() returns trigger language plpgsql as $body$
        begin
          -- holdfast; {schema}.people is touched
          new.nick := coalesce(new.nick, '{schema}');
          return new;
        end $body$;
        create function {schema}.secure(x text) returns text language sql stable security definer set search_path = {schema}, pg_temp as $$ select max(name) from people where name < x $$;
        create function {schema}.people_count() returns bigint language sql stable begin atomic select count(*) from {schema}.people; end;
        create function {schema}.named(p {schema}.people) returns text language sql immutable as $$ select p.name $$;
        create trigger people_touch before update on {schema}.people for each row execute function {schema}.touch();
        create trigger visits_touch after insert on {schema}.visits for each statement execute function {schema}.touch();
        alter table {schema}.visits disable trigger visits_touch;
        create rule notes_keep as on delete to {schema}.notes do instead nothing;
        alter table {schema}.people enable row level security;
        alter table {schema}.people force row level security;
        create policy people_own on {schema}.people for select to fx_app using (name = current_user or exists (select 1 from {schema}.events where events.body = people.name));
        create policy people_all on {schema}.people as restrictive using (true) with check (status <> '');
        grant usage on schema {schema} to fx_app;
        grant select, insert on {schema}.people to fx_app;
        grant update (nick, mood) on {schema}.people to fx_app;
        grant all on {schema}.notes to fx_app;
        grant usage on sequence {schema}.tickets to fx_app;
        revoke execute on function {schema}.secure(text) from public;
        grant execute on function {schema}.secure(text) to fx_app;
        alter default privileges in schema {schema} grant select on tables to fx_app;
        comment on table {schema}.people is 'humans';
        -- What must be made in another order than kinds and names have, and what has no class of its own.
        create function {schema}.z_short(x text) returns boolean language plpgsql immutable as $$ begin return length(x) < 50; end $$;
        create domain {schema}.a_short as text constraint short_check check ({schema}.z_short(value));
        create domain {schema}.a_place as {schema}.point3;
        create type {schema}.floats as range (subtype = float8, subtype_diff = float8mi, multirange_type_name = {schema}.float_ranges);
        create function {schema}.z_add(a integer, b integer) returns integer language sql immutable as $$ select a + b $$;
        create aggregate {schema}.a_sum(integer) (sfunc = {schema}.z_add, stype = integer, initcond = '0');
        create view {schema}.z_facts as select {schema}.next_ticket() as ticket, 1 as one;
        alter view {schema}.z_facts alter column one set default 5;
        create collation {schema}.plain (provider = libc, locale = 'C');
        create table {schema}.keeps (
          id integer not null, seen {schema}.z_facts, span {schema}.floats, place {schema}.a_place, short {schema}.a_short, word text collate {schema}.plain, note text,
          since timestamptz default '2026-01-01 12:00+00', every interval default '1 day 2 hours', raw bytea default '\xff00',
          constraint keeps_pkey primary key (id) include (note), constraint keeps_word_key unique (word) deferrable initially deferred);
        alter table {schema}.keeps alter column note set storage external, alter column note set statistics 500, alter column word set (n_distinct = 7);
        create statistics {schema}.keeps_stats (dependencies) on id, note from {schema}.keeps;
        create function {schema}.same_mood(a {schema}.mood, b {schema}.mood) returns boolean language sql immutable as $$ select a::text = b::text $$;
        create operator {schema}.=== (function = {schema}.same_mood, leftarg = {schema}.mood, rightarg = {schema}.mood, commutator = operator({schema}.===));
        create function {schema}.mood_number(m {schema}.mood) returns integer language sql immutable as $$ select 1 $$;
        create cast ({schema}.mood as integer) with function {schema}.mood_number({schema}.mood) as assignment;
        create text search configuration {schema}.words (parser = pg_catalog."default");
        alter text search configuration {schema}.words add mapping for asciiword, word with english_stem, simple;
        create unique index a_moods_idx on {schema}.moods (mood);
        """;
}
