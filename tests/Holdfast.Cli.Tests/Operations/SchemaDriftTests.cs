using System.Text.Json;
using Holdfast.Cli.Tests.Program;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>A second provider whose schema has drifted, beside two that have not: found, named, repaired, read again.</summary>
public sealed class SchemaDriftTests(ThreeProviders providers) : IClassFixture<ThreeProviders>
{
    private const string Tightened = "alter table holdfast.lives drop constraint lives_state_check, add constraint lives_state_check check (state in ('alive'))";

    [Fact]
    public async Task equal_providers_have_no_drift_and_one_fingerprint()
    {
        using var home = await providers.NewAsync();
        var result = (await home.RunAsync("schema", "drift", "--fail-on", "info", "--json")).Result;
        Assert.False(result.GetProperty("drifted").GetBoolean());
        Assert.Equal(3, result.GetProperty("providers").GetArrayLength());
        var answer = (await home.RunAsync("schema", "drift")).Done();
        Assert.StartsWith("target: neon  127.0.0.1:", answer.Errors, StringComparison.Ordinal);
        Assert.Contains("no drift", answer.Out, StringComparison.Ordinal);
        Assert.Single((await home.RunAsync("schema", "fingerprint", "--json")).Result.EnumerateArray().Select(item => item.GetProperty("fingerprint").GetString()).Distinct());
        Assert.Equal("equal: supabase has the schema of neon\n", (await home.RunAsync("schema", "diff", "neon", "supabase")).Done().Out);
        Assert.Equal((await home.RunAsync("schema", "dump", "--provider", "neon")).Done().Out, (await home.RunAsync("schema", "dump", "--provider", "railway")).Done().Out);
    }

    [Fact]
    public async Task a_tightened_check_is_found_named_repaired_and_read_again()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), Tightened);
        var finding = Assert.Single((await home.RunAsync("schema", "drift", "--json")).ResultWith(9).GetProperty("findings").EnumerateArray());
        Assert.Equal(("check_definition", "supabase", "check_definition constraint lives.lives_state_check", "ERROR"), (Text(finding, "name"), Text(finding, "provider"), Text(finding, "cache_key"), Text(finding, "level")));
        foreach (var member in (string[])["title", "categories", "description", "detail", "remediation", "metadata"]) Assert.True(finding.TryGetProperty(member, out _), member);
        var diff = (await home.RunAsync("schema", "diff", "neon", "supabase")).Ended(9).Out;
        Assert.Contains("-- check_definition: ", diff, StringComparison.Ordinal);
        Assert.Contains("not valid;\n", diff, StringComparison.Ordinal);
        (await home.RunAsync("schema", "fingerprint")).Ended(9);
        (await home.RunAsync("schema", "drift", "--provider", "neon")).Done();

        var plan = home.Holdfast.PathOf("repair.sql");
        var written = (await home.RunAsync("schema", "drift", "--fix-plan", plan)).Ended(9);
        Assert.Contains("supabase: 1 repairs, proved in a scratch copy", written.Errors, StringComparison.Ordinal);
        Assert.Contains("validate constraint", await File.ReadAllTextAsync(plan), StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift", "--repair", "--yes")).Ended(2);
        (await home.RunAsync("schema", "drift", "--repair", "--provider", "supabase")).Ended(4);
        (await home.RunAsync("schema", "drift", "--repair", "--provider", "supabase", "--dry-run")).Ended(9);

        var repaired = (await home.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "supabase", "--json")).Result;
        Assert.True(Assert.Single(repaired.GetProperty("repaired").EnumerateArray()).GetProperty("done").GetBoolean());
        Assert.Empty(repaired.GetProperty("findings").EnumerateArray());
        (await home.RunAsync("schema", "drift")).Done();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "insert into holdfast.lives (tenant_id, key, stamp, occurred_at, state) values ('t', 'k', gen_random_uuid(), now(), 'deleted')");
    }

    [Fact]
    public async Task rows_that_violate_the_right_check_stop_the_repair_and_it_says_so()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "alter table holdfast.lives drop constraint lives_state_check; insert into holdfast.lives (tenant_id, key, stamp, occurred_at, state) values ('t', 'k', gen_random_uuid(), now(), 'undead')");
        var answer = (await home.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "supabase")).Ended(1);
        Assert.Contains("(23514", answer.Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift")).Ended(9);
        Assert.DoesNotContain("holdfast_new_", (await home.RunAsync("schema", "dump", "--provider", "supabase")).Done().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task a_provider_that_does_not_answer_is_never_called_equal_to_the_others()
    {
        using var home = await providers.NewAsync();
        home.Holdfast.With("HOLDFAST_PROVIDER_RAILWAY", "postgres://maria:planted-s3cret@127.0.0.1:1/memory?sslmode=disable");
        var drift = (await home.RunAsync("schema", "drift")).Ended(8);
        Assert.Contains("no drift on those that were read; not read: railway", drift.Out, StringComparison.Ordinal);
        Assert.Contains("Connection refused). Nothing was sent.", drift.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("may have been done", drift.Errors, StringComparison.Ordinal);
        Assert.Contains("the histories are equal where they were read; not read: railway", (await home.RunAsync("schema", "status")).Ended(8).Out, StringComparison.Ordinal);
        Assert.Contains("no history could be read", (await home.RunAsync("schema", "status", "--provider", "railway")).Ended(8).Out, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift", "--lock-wait", "-1")).Ended(2);
    }

    [Fact]
    public async Task a_missing_grant_is_found_against_the_other_providers_and_given_back()
    {
        using var home = await providers.NewAsync();
        foreach (var connection in home.Connections)
            await PostgresServer.ExecuteAsync(connection, "do $$ begin create role drift_app; exception when duplicate_object then null; end $$; grant usage on schema holdfast to drift_app; grant select, insert on all tables in schema holdfast to drift_app");
        (await home.RunAsync("schema", "drift")).Done();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "revoke insert on holdfast.session_memories from drift_app");
        var finding = Assert.Single((await home.RunAsync("schema", "drift", "--json")).ResultWith(9).GetProperty("findings").EnumerateArray());
        Assert.Equal(("grants", "supabase", "grants table session_memories"), (Text(finding, "name"), Text(finding, "provider"), Text(finding, "cache_key")));
        var repaired = (await home.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "supabase")).Done();
        Assert.Contains("grant INSERT on table holdfast.\"session_memories\" to \"drift_app\"", repaired.Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift")).Done();
    }

    [Fact]
    public async Task a_provider_with_another_version_is_named_and_migrated()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("supabase"), "drop table holdfast.relay_sources; delete from holdfast.schema_versions where installed_rank = (select max(installed_rank) from holdfast.schema_versions)");
        var finding = Assert.Single((await home.RunAsync("schema", "drift", "--json")).ResultWith(9).GetProperty("findings").EnumerateArray());
        Assert.Equal(("history_chain", "supabase"), (Text(finding, "name"), Text(finding, "provider")));
        Assert.Contains("schema migrate", Text(finding, "detail"), StringComparison.Ordinal);
        // Nothing that a repair could do: it is brought up to date.
        (await home.RunAsync("schema", "drift", "--repair", "--yes", "--provider", "supabase")).Ended(9);
        (await home.RunAsync("schema", "migrate", "--provider", "supabase")).Done();
        (await home.RunAsync("schema", "drift")).Done();
    }

    [Fact]
    public async Task what_is_accepted_is_left_out_and_needs_a_reason()
    {
        using var home = await providers.NewAsync();
        await PostgresServer.ExecuteAsync(home.Of("railway"), "create table holdfast.notes (id integer)");
        (await home.RunAsync("schema", "drift", "--fail-on", "error")).Done();
        (await home.RunAsync("schema", "drift")).Ended(9);
        (await home.RunAsync("schema", "drift", "--ignore-file", home.Holdfast.Write("bare", "table_extra table notes\n"))).Ended(2);
        var accepted = (await home.RunAsync("schema", "drift", "--json", "--ignore-file", home.Holdfast.Write("accepted", "# ours\ntable_extra table notes  # of the billing team\nindex_extra index a.b  # gone\n"))).Done();
        Assert.Equal(1, accepted.Result.GetProperty("ignored").GetInt32());
        Assert.Contains("covers nothing any more", accepted.Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift", "--against", "neon", "--fail-on", "warn")).Ended(9);
        (await home.RunAsync("schema", "drift", "--against", "nobody")).Ended(2);
        (await home.RunAsync("schema", "drift", "--fail-on", "loud")).Ended(2);
    }

    [Fact]
    public async Task own_migrations_are_the_reference_with_directory_and_a_history_that_failed_names_its_command()
    {
        using var home = await providers.NewAsync();
        var folder = home.Holdfast.PathOf("own");
        Directory.CreateDirectory(folder);
        await File.WriteAllTextAsync(Path.Combine(folder, "V1__orders.sql"), "create table orders (id bigint primary key, state text)");
        await File.WriteAllTextAsync(Path.Combine(folder, "R__open.sql"), "create or replace view open_orders as select id from orders where state = 'open'");
        string[] own = ["--directory", folder, "--schema", "shop"];
        (await home.RunAsync(["schema", "migrate", .. own])).Done();
        Assert.Contains("no drift", (await home.RunAsync(["schema", "drift", .. own])).Done().Out, StringComparison.Ordinal);
        (await home.RunAsync(["schema", "fingerprint", .. own])).Done();

        await PostgresServer.ExecuteAsync(home.Of("supabase"), "create or replace view shop.open_orders as select id from shop.orders where state = 'closed'");
        Assert.Contains("view_definition", (await home.RunAsync(["schema", "drift", .. own])).Ended(9).Out, StringComparison.Ordinal);
        (await home.RunAsync(["schema", "fingerprint", .. own])).Ended(9);
        Assert.Contains("'open'", (await home.RunAsync(["schema", "diff", "neon", "supabase", .. own])).Ended(9).Out, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift")).Done();

        await PostgresServer.ExecuteAsync(home.Of("supabase"), "update shop.schema_versions set state = 'failed' where kind = 'V'");
        Assert.Contains($"hint: holdfast schema resume --directory {folder} --schema shop --provider supabase", (await home.RunAsync(["schema", "drift", .. own])).Ended(9).Errors, StringComparison.Ordinal);
        (await home.RunAsync("schema", "drift", "--directory", home.Holdfast.PathOf("nowhere"))).Ended(6);

        foreach (var command in (string[][])[["fingerprint"], ["dump", "--provider", "neon"]])
            Assert.Contains("There is: holdfast, public, shop.", (await home.RunAsync(["schema", .. command, "--schema", "shopp"])).Ended(6).Errors, StringComparison.Ordinal);
    }

    private static string Text(JsonElement element, string member) => element.GetProperty(member).GetString()!;
}
