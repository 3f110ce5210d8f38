using Holdfast.Cli.Tests.Program;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Cli.Tests.Operations;

/// <summary>Roles belong to a whole server, so these tests have one of their own.</summary>
public sealed class AccessTests : IAsyncLifetime
{
    private readonly HoldfastProgram _holdfast = new();
    private PostgresServer? _server;
    private string _connection = "";

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _connection = await _server.CreateDatabaseAsync();
        await new SchemaMigrator(_connection).MigrateAsync();
        _holdfast.With("HOLDFAST_PROVIDER_MAIN", _connection);
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _holdfast.Dispose();
    }

    [Fact]
    public async Task access_is_planned_applied_verified_and_used_without_anybody_at_the_terminal()
    {
        (await _holdfast.RunAsync("access", "verify")).Ended(9);

        var plan = (await _holdfast.RunAsync("access", "plan")).Done();
        Assert.StartsWith("target: main  127.0.0.1:", plan.Errors, StringComparison.Ordinal);
        Assert.Contains("create role holdfast_app_a login", plan.Out, StringComparison.Ordinal);
        Assert.Equal(plan.Out, (await _holdfast.RunAsync("access", "apply", "--dry-run")).Done().Out);
        (await _holdfast.RunAsync("access", "verify")).Ended(9);
        Assert.Contains("hint: holdfast access apply --yes", (await _holdfast.RunAsync("access", "apply")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Equal(plan.Out, (await _holdfast.RunAsync("access", "plan")).Done().Out);

        var file = _holdfast.PathOf("access.secrets");
        var applied = (await _holdfast.RunAsync("access", "apply", "--write-secrets", file, "--yes")).Done();
        Assert.Contains("main: as declared", applied.Out, StringComparison.Ordinal);
        var urls = File.ReadAllLines(file);
        foreach (var url in urls)
        {
            var password = new Uri(url).UserInfo.Split(':')[1];
            Assert.DoesNotContain(password, applied.Out + applied.Errors, StringComparison.Ordinal);
        }
        var verified = (await _holdfast.RunAsync("access", "verify", "--secrets", file, "--json")).Result[0];
        Assert.True(verified.GetProperty("is_right").GetBoolean());
        Assert.Equal(6, verified.GetProperty("logged_in").GetArrayLength());

        // As the application's role all commands of an application work.
        using var app = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", urls.Single(url => url.Contains("holdfast_app_a", StringComparison.Ordinal)));
        (await app.RunAsync("remember", "the train leaves at nine", "--session", "s", "--user", "maria")).Done();
        Assert.Contains("nine", (await app.RunAsync("recall", "train")).Done().Out, StringComparison.Ordinal);
        (await app.RunAsync("status")).Done();
        (await app.RunAsync("provider", "test")).Done();
        (await app.RunAsync("forget", "--user", "maria", "--yes")).Done();
        (await app.RunAsync("verify", "--provider", "main")).Done();
    }

    [Fact]
    public async Task with_row_level_security_two_tenants_use_two_providers_and_the_operators_commands_go_over_both()
    {
        var second = await _server!.CreateDatabaseAsync();
        await new SchemaMigrator(second).MigrateAsync();
        _holdfast.With("HOLDFAST_PROVIDER_BACKUP", second).With("DATABASE_FAILOVER_ORDER", "main,backup");
        var file = _holdfast.PathOf("access.secrets");
        (await _holdfast.RunAsync("access", "apply", "--row-security", "--write-secrets", file, "--yes")).Done();
        var urls = File.ReadAllLines(file);
        string Url(string role, bool backup)
        {
            var url = urls.First(found => found.Contains($"{role}:", StringComparison.Ordinal));
            return url[..(url.LastIndexOf('/') + 1)] + new Npgsql.NpgsqlConnectionStringBuilder(backup ? second : _connection).Database;
        }
        HoldfastProgram App(string tenant, bool relay)
        {
            var app = new HoldfastProgram().With("DATABASE_FAILOVER_ORDER", "main,backup").With("HOLDFAST_TENANT", tenant)
                .With("HOLDFAST_PROVIDER_MAIN", Url("holdfast_app_a", false)).With("HOLDFAST_PROVIDER_BACKUP", Url("holdfast_app_b", true));
            return relay ? app.With("HOLDFAST_PROVIDER_MAIN_RELAY", Url("holdfast_relay", false)).With("HOLDFAST_PROVIDER_BACKUP_RELAY", Url("holdfast_relay", true)) : app;
        }
        using (var acme = App("acme", relay: true))
        using (var globex = App("globex", relay: true))
        {
            foreach (var (app, word) in new[] { (acme, "train"), (globex, "ferry") })
                (await app.RunAsync("remember", $"the {word} leaves at nine", "--session", "s", "--user", "maria")).Done();
            Assert.Contains("train", (await acme.RunAsync("recall", "nine")).Done().Out, StringComparison.Ordinal);
            Assert.DoesNotContain("ferry", (await acme.RunAsync("recall", "nine")).Out, StringComparison.Ordinal);
            (await acme.RunAsync("relay", "run", "--once")).Done();
            (await acme.RunAsync("relay", "verify")).Done();
            (await acme.RunAsync("status")).Done();
            (await acme.RunAsync("verify")).Done();
            (await acme.RunAsync("forget", "--user", "maria", "--yes")).Done();
            Assert.Contains("ferry", (await globex.RunAsync("recall", "nine")).Done().Out, StringComparison.Ordinal);
        }
        using (var alone = App("globex", relay: false))
        {
            Assert.Contains("ferry", (await alone.RunAsync("recall", "nine")).Done().Out, StringComparison.Ordinal);
            var verified = await alone.RunAsync("relay", "verify");
            Assert.NotEqual(0, verified.Code);
            Assert.Contains("_RELAY", verified.Errors + verified.Out, StringComparison.Ordinal);
            Assert.Contains("_RELAY", (await alone.RunAsync("status")).Out, StringComparison.Ordinal);
        }
        (await _holdfast.RunAsync("access", "verify")).Done();

        // Back again, server by server; it asks, and says what it means.
        Assert.Contains("the rows of all tenants?", (await _holdfast.RunAsync("access", "apply", "--no-row-security")).Ended(4).Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("access", "verify", "--no-row-security")).Ended(9);
        (await _holdfast.RunAsync("access", "apply", "--no-row-security", "--yes")).Done();
        (await _holdfast.RunAsync("access", "verify")).Done();
        (await _holdfast.RunAsync("schema", "drift")).Done();
        // A name for the server that the file does not have: nobody logs in, and that is told.
        using var named = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", _connection.Replace("127.0.0.1", "localhost", StringComparison.Ordinal));
        Assert.Contains("has no line for holdfast_migrator", (await named.RunAsync("access", "verify", "--secrets", file)).Done().Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task another_applications_table_is_named_before_it_is_taken()
    {
        await PostgresServer.ExecuteAsync(_connection, "create table holdfast.orders (id int)");
        var refused = (await _holdfast.RunAsync("access", "apply", "--yes")).Ended(4);
        Assert.Contains("--take-over", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("take from their owners: table holdfast.orders of holdfast?", (await _holdfast.RunAsync("access", "apply", "--take-over")).Ended(4).Errors, StringComparison.Ordinal);
        Assert.Contains("main: holdfast_owner becomes the owner of what others have made in the schema: table holdfast.orders of holdfast.", (await _holdfast.RunAsync("access", "apply", "--take-over", "--yes")).Done().Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("access", "verify")).Done();
    }

    [Fact]
    public async Task a_grant_too_many_and_one_too_few_end_with_nine_and_are_named()
    {
        (await _holdfast.RunAsync("access", "apply", "--yes")).Done();
        await PostgresServer.ExecuteAsync(_connection, "grant delete on holdfast.users to holdfast_app; revoke insert on holdfast.payments from holdfast_app");
        var wrong = (await _holdfast.RunAsync("access", "verify")).Ended(9);
        Assert.Contains("[FAIL] holdfast_app_a: delete on users must be refused, was allowed", wrong.Out, StringComparison.Ordinal);
        Assert.Contains("[FAIL] holdfast_app_b: insert on payments must be allowed, was refused", wrong.Out, StringComparison.Ordinal);
        Assert.Contains("error: main: ", wrong.Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("access", "apply", "--yes")).Done();
        (await _holdfast.RunAsync("access", "verify")).Done();
    }

    [Fact]
    public async Task what_the_role_may_not_do_is_refused_before_any_change()
    {
        await PostgresServer.ExecuteAsync(_connection, "create role somebody login");
        using var other = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", _connection.Replace("Username=holdfast", "Username=somebody", StringComparison.Ordinal));
        var refused = (await other.RunAsync("access", "apply", "--yes")).Ended(4);
        Assert.Contains("create role holdfast_owner", refused.Errors, StringComparison.Ordinal);
        var plan = (await other.RunAsync("access", "plan")).Done();
        Assert.Contains("by hand, first: create role holdfast_owner", plan.Errors, StringComparison.Ordinal);
        (await _holdfast.RunAsync("access", "apply", "--exclusive", "--shared")).Ended(2);
        (await _holdfast.RunAsync("access", "apply", "--row-security", "--no-row-security")).Ended(2);
        (await _holdfast.RunAsync("access", "apply", "--provider", "local")).Ended(2);
    }

    [Fact]
    public async Task tls_ends_with_nine_ten_or_eight_by_what_is_wrong()
    {
        using var certificates = new TestCertificates();
        using var tls = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", $"{_connection};SSL Mode=VerifyFull;Root Certificate={certificates.AuthorityFile}");
        Assert.Contains("no TLS", (await tls.RunAsync("access", "tls")).Ended(9).Errors, StringComparison.Ordinal);
        await _server!.UseCertificateAsync(certificates.Make(TestCertificate.Good));
        // The test server asks for no password, so that nothing can be bound.
        var good = (await tls.RunAsync("access", "tls")).Ended(10);
        Assert.Contains("channel binding", good.Errors, StringComparison.Ordinal);
        Assert.Contains("[OK]   chain", good.Out, StringComparison.Ordinal);
        await _server!.UseCertificateAsync(certificates.Make(TestCertificate.Expired));
        Assert.Contains("days", (await tls.RunAsync("access", "tls")).Ended(9).Errors, StringComparison.Ordinal);
        Assert.Equal("failed", (await tls.RunAsync("access", "tls", "--json")).ResultWith(9)[0].GetProperty("verdict").GetString());
        using var gone = new HoldfastProgram().With("HOLDFAST_PROVIDER_MAIN", "Host=127.0.0.1;Port=1;Username=x;Database=y");
        (await gone.RunAsync("access", "tls")).Ended(8);
    }
}
