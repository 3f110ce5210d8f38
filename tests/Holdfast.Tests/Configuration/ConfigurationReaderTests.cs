using System.Reflection;
using Holdfast.Providers.Configuration;
using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class ConfigurationReaderTests : IDisposable
{
    private readonly ConfigurationFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Variables as <c>NAME=value</c>, divided by bars.</summary>
    private static Dictionary<string, string> Environment(string text) => text.Split('|', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);

    private static string Names(HoldfastConfiguration configuration) => string.Join(',', configuration.Options.Providers.Select(provider => provider.Name));

    [Fact]
    public void without_any_setting_the_memory_is_the_local_file()
    {
        var configuration = _folder.Read();
        Assert.Empty(configuration.Settings);
        Assert.Empty(configuration.Warnings);
        Assert.Empty(configuration.Require().Providers);
    }

    [Fact]
    public void the_first_source_that_sets_a_value_counts()
    {
        string[] expected = ["flag", "environment", "dotenv", "project", "user", "machine", "default"];
        _folder.Write("project/.env", "HOLDFAST_TENANT=dotenv\n");
        _folder.Write("project/holdfast.json", """{ "TenantId": "project" }""");
        _folder.Write("home/.config/holdfast/config.json", """{ "Holdfast": { "tenant_id": "user" } }""");
        _folder.Write("etc/config.json", """{ "TenantId": "machine" }""");
        foreach (var level in Enumerable.Range(0, 7))
        {
            if (level == 3) File.Delete(Path.Combine(_folder.Project, ".env"));
            if (level == 4) File.Delete(Path.Combine(_folder.Project, "holdfast.json"));
            if (level == 5) _folder.Write("home/.config/holdfast/config.json", "{}");
            if (level == 6) _folder.Write("etc/config.json", "{}");
            var read = _folder.Read(level < 2 ? Environment("HOLDFAST_TENANT=environment") : null, level < 1 ? Environment("HOLDFAST_TENANT=flag") : null);
            Assert.Equal((expected[level], Math.Max(0, 6 - level)), (read.Require().TenantId, read.Settings.Count));
            Assert.Equal(Math.Max(0, 5 - level), read.Settings.Count(setting => setting.Note?.StartsWith("overruled by", StringComparison.Ordinal) == true));
        }
    }

    [Theory]
    [InlineData("HOLDFAST_PROVIDER_B=postgres://b/m|HOLDFAST_PROVIDER_A=postgres://a/m", "a,b")]
    [InlineData("HOLDFAST_PROVIDER_B=postgres://b/m|HOLDFAST_PROVIDER_A=postgres://a/m|HOLDFAST_PROVIDER_C=postgres://c/m|DATABASE_FAILOVER_ORDER=c", "c,a,b")]
    [InlineData("HOLDFAST_PROVIDER_B=postgres://b/m|HOLDFAST_PROVIDER_A=postgres://a/m|DATABASE_PROVIDER=B", "b,a")]
    [InlineData("HOLDFAST_PROVIDER_B=postgres://b/m|HOLDFAST_PROVIDER_A=postgres://a/m|DATABASE_PROVIDER=b|DATABASE_FAILOVER_ORDER=a, b, local", "b,a")]
    [InlineData("NEON_DB_URL=postgres://ep-a.neon.tech/m|RAILWAY_DB_URL=postgres://r.proxy.rlwy.net:1/m|SUPABASE_DB_HOST=db.x.supabase.co|SUPABASE_DB_PASSWORD=s|DATABASE_FAILOVER_ORDER=supabase,neon", "supabase,neon,railway")]
    [InlineData("NEON_DB_URL=postgres://n/m|RAILWAY_DB_URL=postgres://u:your_railway_password_here@r:1/m|DATABASE_FAILOVER_ORDER=railway,neon,local", "neon")]
    [InlineData("NEON_DB_URL=|RAILWAY_DB_URL=changeme|HOLDFAST_PROVIDER_X=<url>|SUPABASE_DB_HOST=your_host_here", "")]
    [InlineData("NEON_DB_URL=postgres://n/m|DATABASE_PROVIDER=local|DATABASE_FAILOVER_ENABLED=false", "")]
    [InlineData("NEON_DB_URL=postgres://n/m|DATABASE_PROVIDER=local|DATABASE_FAILOVER_ENABLED=true", "neon")]
    public void providers_stand_in_the_order_that_is_asked_for_then_by_name(string environment, string names) => Assert.Equal(names, Names(_folder.Read(Environment(environment)) is var read && read.Require() is not null ? read : null!));

    [Theory]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m|DATABASE_FAILOVER_ORDER=a,oracle", "unknown provider 'oracle'; known: a, local")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m|DATABASE_PROVIDER=oracle", "unknown provider 'oracle'; known: a, local")]
    [InlineData("HOLDFAST_PROVIDER_LOCAL=postgres://a/m", "'local' is the local file's")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a:x/m", "provider 'a': the port")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m|HOLDFAST_PROVIDER_A_CONTROL=postgres://a:x/m", "provider 'a' control: the port")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m|HOLDFAST_PROVIDER_A_POOL_SIZE_MAX=0", "PoolSizeMax")]
    [InlineData("HOLDFAST_FAILOVER_CALL_TIMEOUT=5", "HOLDFAST_FAILOVER_CALL_TIMEOUT (environment) cannot be used; allowed is a time")]
    [InlineData("HOLDFAST_FAILOVER_ROUTING=1", "ordered, nearest")]
    [InlineData("HOLDFAST_FAILOVER_HEDGE_DELAY_MIN=2s", "HedgeDelayMin: is 00:00:02, above HedgeDelayMax")]
    [InlineData("DATABASE_FAILOVER_ENABLED=perhaps", "true or false")]
    [InlineData("HOLDFAST_SCHEMA=no good", "schema")]
    public void what_cannot_be_used_is_an_error_with_its_name(string environment, string text)
    {
        var read = _folder.Read(Environment(environment));
        Assert.Contains(text, string.Join('\n', read.Errors), StringComparison.Ordinal);
        Assert.Throws<InvalidInputException>(read.Require);
    }

    [Theory]
    [InlineData("DATABASE_FAILOVER_ORDER=neon", "names 'neon', which is not configured")]
    [InlineData("SUPABASE_DB_HOST=db.x.supabase.co", "SUPABASE_DB_PASSWORD")]
    [InlineData("HOLDFAST_PROVIDER_A_CONTROL=postgres://a/m", "'a' that is not configured")]
    [InlineData("HOLDFAST_PROVDER_A=postgres://a/m", "did you mean HOLDFAST_PROVIDER_A?")]
    [InlineData("HOLDFAST_FAILOVER_CALL_TIMOUT=5s", "did you mean HOLDFAST_FAILOVER_CALL_TIMEOUT?")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m?sslmode=require", "checks no certificate")]
    [InlineData("HOLDFAST_PROVIDER_A=postgres://a/m|HOLDFAST_PROVIDER_B=postgres://b/m|DATABASE_PROVIDER=b|DATABASE_FAILOVER_ORDER=a,b", "DATABASE_PROVIDER counts")]
    public void what_should_be_looked_at_is_a_warning(string environment, string text)
    {
        var read = _folder.Read(Environment(environment));
        Assert.Contains(text, Assert.Single(read.Warnings), StringComparison.Ordinal);
        Assert.Empty(read.Errors);
    }

    [Fact]
    public void ours_overrules_an_adopted_name_in_the_same_source_and_a_stronger_source_overrules_both()
    {
        Assert.Equal("postgres://ours/m", _folder.Read(Environment("HOLDFAST_PROVIDER_NEON=postgres://ours/m|NEON_DB_URL=postgres://theirs/m")).Options.Providers.Single().Connection);
        _folder.Write("project/.env", "HOLDFAST_PROVIDER_NEON=postgres://ours/m\n");
        Assert.Equal("postgres://theirs/m", _folder.Read(Environment("NEON_DB_URL=postgres://theirs/m")).Options.Providers.Single().Connection);
    }

    [Fact]
    public void names_of_existing_deployments_become_providers()
    {
        var options = _folder.Read(Environment("SUPABASE_DB_HOST=db.x.supabase.co|SUPABASE_DB_PASSWORD=p@:/%#?|LOCAL_DB_PATH=/tmp/m.db|DATABASE_FAILOVER_ENABLED=false|HOLDFAST_HOME=/h|HOLDFAST_TENANT=t|HOLDFAST_SCHEMA=s")).Require();
        var work = ProviderEndpoints.Work(options.Providers.Single());
        Assert.Equal(("db.x.supabase.co", 5432, "postgres", "postgres", "p@:/%#?"), (work.Host, work.Port, work.Username, work.Database, work.Password));
        Assert.Equal(("/tmp/m.db", false, "/h", "t", "s"), (options.LocalFile, options.Failover.Enabled, options.Home, options.TenantId, options.Schema));
    }

    [Fact]
    public void every_failover_option_has_a_name()
    {
        var names = FailoverSettings.Names.Select(name => name.Replace("_", "", StringComparison.Ordinal)).Order(StringComparer.OrdinalIgnoreCase);
        Assert.Equal(typeof(FailoverOptions).GetProperties(BindingFlags.Public | BindingFlags.Instance).Select(property => property.Name.ToUpperInvariant()).Order(StringComparer.OrdinalIgnoreCase), names);
    }

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1d", 86_400_000)]
    [InlineData("00:00:07", 7_000)]
    [InlineData("7", null)]
    [InlineData("-5s", null)]
    [InlineData("5 parsecs", null)]
    public void times_are_written_with_a_unit(string text, int? milliseconds) => Assert.Equal(milliseconds, SettingText.Duration(text)?.TotalMilliseconds);

    [Fact]
    public void a_json_file_lists_providers_in_order_or_by_name()
    {
        _folder.Write("project/holdfast.json", """
            { // comments are kept out
              "Providers": [ { "Name": "z", "Connection": "postgres://z/m", "ControlConnection": "postgres://zc/m", "RelayConnection": "postgres://zr/m", "PoolSizeMax": 3, "ConnectTimeout": "2s" }, { "Name": "a", "Connection": "postgres://a/m" } ],
              "Failover": { "HedgeDelayMax": "200ms", "WriteConcern": "Majority" }, }
            """);
        var read = _folder.Read();
        Assert.Equal("z,a", Names(read));
        var z = read.Require().Providers[0];
        Assert.Equal("postgres://zr/m", z.RelayConnection);
        Assert.Equal("postgres://er/m", _folder.Read(Environment("HOLDFAST_PROVIDER_E=postgres://e/m|HOLDFAST_PROVIDER_E_RELAY=postgres://er/m")).Options.Providers.Single(provider => provider.Name == "e").RelayConnection);
        Assert.Equal(("postgres://zc/m", 3, TimeSpan.FromSeconds(2), WriteConcern.Majority), (z.ControlConnection, z.PoolSizeMax, z.ConnectTimeout, read.Options.Failover.WriteConcern));
        _folder.Write("project/holdfast.json", """{ "Providers": { "z": "postgres://z/m", "a": { "Connection": "postgres://a/m" } }, "Failover": { "Order": ["z"] }, "Tenent": "x" }""");
        Assert.Equal("z,a", Names(read = _folder.Read()));
        Assert.Contains("Tenent is no setting", Assert.Single(read.Warnings), StringComparison.Ordinal);
        _folder.Write("project/holdfast.json", """{ "Providers": "pl4nted """);
        Assert.DoesNotContain("pl4nted", Assert.Single(_folder.Read().Errors), StringComparison.Ordinal);
    }
}
