using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Tests.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Schema.Drift;

/// <summary>The user's files refer to tables of other schemas, as most do that begin with <c>auth.users</c>: nothing of those is locked by a comparison.</summary>
public sealed class ForeignTableTests
{
    private const string Auth = """
        create schema auth; create schema "Storage"; create type auth.kind as enum ('a', 'b');
        create domain auth.mail as text check (value like '%@%');
        create table auth.users (id uuid primary key default gen_random_uuid(), email auth.mail unique, n bigint generated always as identity unique, name varchar(20) collate "C" not null default 'x');
        create unique index users_name on auth.users (name, n);
        create table auth.teams (id uuid primary key) partition by hash (id);
        create table auth.teams_1 partition of auth.teams for values with (modulus 1, remainder 0);
        create table auth.kinds (kind auth.kind primary key);
        create table "Storage".objects (bucket text, name text, unique (bucket, name), primary key (name, bucket) include (bucket));
        """;

    private const string Profiles = """
        create table profiles (id uuid primary key references auth.users on delete cascade, email text references auth.users (email) deferrable initially deferred, n bigint, name text);
        create table files (bucket text, name text, owner uuid constraint files_owner references "auth" . "users" (id), foreign key (name, bucket) references "Storage".objects on update cascade);
        alter table profiles add constraint profiles_n foreign key (n) references Auth.Users (n) on delete set null not valid;
        alter table profiles validate constraint profiles_n;
        alter table profiles add foreign key (name, n) references auth.users (name, n) match full;
        create table parts (id int, owner uuid references auth.users) partition by range (id);
        create table parts_1 partition of parts for values from (0) to (10);
        do $$ begin
          -- only once: references auth.users
          alter table files add column team uuid constraint files_team references auth.teams; exception when duplicate_object then null;
        end $$;
        do 'begin execute ''alter table profiles add column kind auth.kind references auth.kinds (kind)''; end';
        create function touch() returns trigger language plpgsql as 'begin return new; end';
        create trigger "on" after insert on auth.users for each row execute function touch();
        comment on trigger "on" on auth.users is 'every one gets a profile';
        create policy everybody on "Storage".objects for select using (true);
        insert into profiles (id) select id from auth.users;
        """;

    [Theory]
    [InlineData(PostgresVersion.Debian)]
    [InlineData(PostgresVersion.Newer)]
    [InlineData(PostgresVersion.Third)]
    public async Task what_refers_to_another_schema_is_compared_and_repaired_while_that_is_written_to(PostgresVersion version)
    {
        var database = await MigrationDatabase.CreateAsync(version);
        await database.RunAsync(Auth);
        await database.MigrateAsync(("V1__profiles.sql", Profiles));
        await using (var writer = await WriterAsync(database))
        {
            var drift = await CheckAsync(database, Profiles);
            Assert.Empty(drift.Findings.Select(finding => finding.Detail));
            Assert.Equal(["trigger on on auth.users", "trigger on on auth.users", "policy everybody on Storage.objects"], drift.LeftOut.Select(what => what[(what.IndexOf(": the ", StringComparison.Ordinal) + 6)..]));
        }

        await database.RunAsync("""
            alter table app.profiles drop constraint profiles_id_fkey;
            alter table app.files drop constraint files_owner, add constraint files_owner foreign key (owner) references auth.users (id) on delete set null;
            alter table app.files drop constraint files_team, add constraint files_team foreign key (team) references auth.users (id);
            alter table app.parts drop constraint parts_owner_fkey;
            """);
        var options = DriftOptions.Of(MigrationDatabase.Files(("V1__profiles.sql", Profiles)), MigrationDatabase.Schema);
        ProviderDrift drifted;
        await using (var writer = await WriterAsync(database))
        {
            drifted = await CheckAsync(database, Profiles);
            Assert.Equal(["files.files_owner", "files.files_team", "parts.parts_owner_fkey", "profiles.profiles_id_fkey"],
                drifted.Findings.Select(finding => finding.CacheKey["foreign_key_definition constraint ".Length..]).Order(StringComparer.Ordinal));
            Assert.Contains("definition is FOREIGN KEY (team) REFERENCES auth.users(id), should be FOREIGN KEY (team) REFERENCES auth.teams(id)", string.Join('\n', drifted.Findings.Select(finding => finding.Detail)), StringComparison.Ordinal);
            var proof = await DriftRepair.ProveAsync(drifted, drifted.Differences, CancellationToken.None);
            Assert.Empty(proof.Refused.Select(one => one.Reason));
            Assert.Equal((4, true, 0), (proof.Proved.Count, proof.Holds, proof.Left.Count));
        }
        Assert.Empty((await new DriftRepair(options).RunAsync(drifted, drifted.Differences, null, CancellationToken.None)).Left);
        Assert.Empty((await CheckAsync(database, Profiles)).Findings.Select(finding => finding.Detail));
        Assert.Equal(1, await database.AskAsync<long>("select count(*) from pg_constraint where conname = 'profiles_id_fkey' and confrelid = 'auth.users'::regclass and confdeltype = 'c' and convalidated"));
        Assert.Equal(0, await database.AskAsync<long>("select count(*) from pg_namespace where nspname like 'holdfast\\_%'"));
    }

    [Theory]
    [InlineData("create table app.profiles (id uuid references auth.users); insert into app.profiles select id from auth.users; insert into app.profiles values ('00000000-0000-0000-0000-000000000001')")]
    [InlineData("create table {schema}.profiles (id uuid references auth.users); create view {schema}.mails as select email from auth.users; alter table {schema}.profiles drop constraint profiles_id_fkey; alter table {schema}.profiles add foreign key (id) references auth.users (id)")]
    public async Task rows_that_refer_to_it_and_files_that_name_their_own_schema_are_replayed(string sql)
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.RunAsync($"{Auth} insert into auth.users (id, name) values ('00000000-0000-0000-0000-000000000001', 'one')");
        await database.MigrateAsync(("V1__profiles.sql", sql));
        await using var writer = await WriterAsync(database);
        var drift = await CheckAsync(database, sql);
        Assert.Null(drift.Error?.Message);
        Assert.Empty(drift.Findings.Select(finding => finding.Detail));
    }

    [Fact]
    public async Task what_lacks_is_named_with_what_gives_it()
    {
        var database = await MigrationDatabase.CreateAsync();
        await database.RunAsync($$"""
            {{Auth}} do $$ begin if to_regrole('foreign_plain') is null then create role foreign_plain login; end if; execute format('grant create on database %I to foreign_plain', current_database()); end $$;
            create schema app authorization foreign_plain; insert into auth.users (id, name) values ('00000000-0000-0000-0000-000000000001', 'one');
            """);
        const string Plain = "create table profiles (id uuid references auth.users);\n", Kinds = "alter table profiles add kind text;\n";
        await database.MigrateAsync(("V1__profiles.sql", Plain));
        await database.RunAsync("alter table app.profiles owner to foreign_plain; grant select on app.schema_versions to foreign_plain; alter table app.schema_versions owner to foreign_plain");
        // Neither usage nor select is needed to compare, but to refer to it is.
        var drift = await CheckAsync(database, Plain, "foreign_plain");
        Assert.Null(drift.Error?.Message);
        Assert.Empty(drift.Findings.Select(finding => finding.Detail));
        await database.RunAsync("alter table app.profiles drop constraint profiles_id_fkey");
        drift = await CheckAsync(database, Plain, "foreign_plain");
        var proof = await DriftRepair.ProveAsync(drift, drift.Differences, CancellationToken.None);
        Assert.Contains("grant references on \"auth\".\"users\" to \"foreign_plain\"", Assert.Single(proof.Refused).Reason, StringComparison.Ordinal);

        await IsRefusedAsync($"{Plain}insert into profiles values ('00000000-0000-0000-0000-000000000001')", "grant usage on schema auth to foreign_plain; grant select on auth.users to foreign_plain");
        await IsRefusedAsync($"{Plain}{Kinds}alter table profiles add foreign key (kind) references auth.kinds", "grant usage on schema auth to foreign_plain");
        await IsRefusedAsync($"{Plain}alter table profiles add team uuid references auth.gone", "auth.gone");

        async Task IsRefusedAsync(string sql, string said)
        {
            await database.RunAsync($"update app.schema_versions set checksum = '{Holdfast.Operations.Schema.Migrations.MigrationFile.Parse("V1__profiles.sql", sql).Checksum}'");
            Assert.Contains(said, Assert.IsType<SchemaException>((await CheckAsync(database, sql, "foreign_plain")).Error).Message, StringComparison.Ordinal);
        }
    }

    // Stays open: whoever wants to keep writers away from the table waits for it, and nobody does.
    private static async Task<NpgsqlConnection> WriterAsync(MigrationDatabase database)
    {
        var writer = await database.OpenAsync("a writer");
        await using var command = new NpgsqlCommand("begin; insert into auth.users (name) values ('writing'); lock table auth.kinds, auth.teams, \"Storage\".objects in row exclusive mode", writer);
        await command.ExecuteNonQueryAsync();
        return writer;
    }

    private static async Task<ProviderDrift> CheckAsync(MigrationDatabase database, string sql, string? role = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(database.Connection);
        if (role is not null) settings.Username = role;
        var options = DriftOptions.Of(MigrationDatabase.Files(("V1__profiles.sql", sql)), MigrationDatabase.Schema);
        return (await new DriftCheck([new DriftTarget("main", settings)], options).RunAsync(CancellationToken.None)).Providers.Single();
    }
}
