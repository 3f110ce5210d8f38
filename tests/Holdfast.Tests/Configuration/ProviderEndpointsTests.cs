using Holdfast.Providers.Configuration;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class ProviderEndpointsTests
{
    private static ProviderOptions Provider(string connection, string? control = null) => new() { Name = "p", Connection = connection, ControlConnection = control };

    [Theory]
    [InlineData("postgres://u@ep-a-1.eu.aws.neon.tech/d", "ep-a-1-pooler.eu.aws.neon.tech", 5432, "ep-a-1.eu.aws.neon.tech", 5432)]
    [InlineData("postgres://u@ep-a-1-pooler.eu.aws.neon.tech/d", "ep-a-1-pooler.eu.aws.neon.tech", 5432, "ep-a-1.eu.aws.neon.tech", 5432)]
    [InlineData("postgres://u@pg.neon.tech/d", "pg.neon.tech", 5432, "pg.neon.tech", 5432)]
    [InlineData("postgres://u@ep-a-1.neon.tech.example.com/d", "ep-a-1.neon.tech.example.com", 5432, "ep-a-1.neon.tech.example.com", 5432)]
    [InlineData("postgres://u.r@aws-0-eu.pooler.supabase.com:6543/d", "aws-0-eu.pooler.supabase.com", 6543, "aws-0-eu.pooler.supabase.com", 5432)]
    [InlineData("postgres://u.r@aws-0-eu.pooler.supabase.com:5432/d", "aws-0-eu.pooler.supabase.com", 6543, "aws-0-eu.pooler.supabase.com", 5432)]
    [InlineData("postgres://u@db.ref.supabase.co:5432/d", "db.ref.supabase.co", 5432, "db.ref.supabase.co", 5432)]
    [InlineData("postgres://u@db.ref.supabase.co:6543/d", "db.ref.supabase.co", 6543, "db.ref.supabase.co", 5432)]
    [InlineData("postgres://u@x.proxy.rlwy.net:23456/d", "x.proxy.rlwy.net", 23456, "x.proxy.rlwy.net", 23456)]
    [InlineData("postgres://u@s.postgres.database.azure.com:6432/d", "s.postgres.database.azure.com", 6432, "s.postgres.database.azure.com", 5432)]
    [InlineData("postgres://u@h:6543/d", "h", 6543, "h", 6543)]
    [InlineData("postgres://u@ep-a.neon.tech:1,h:2/d", "ep-a-pooler.neon.tech:1,h:2", 5432, "ep-a.neon.tech:1,h:2", 5432)]
    public void the_pooler_and_the_server_are_found_by_the_providers_names(string url, string workHost, int workPort, string controlHost, int controlPort)
    {
        var (work, control) = (ProviderEndpoints.Work(Provider(url)), ProviderEndpoints.Control(Provider(url)));
        Assert.Equal((workHost, workPort, controlHost, controlPort), (work.Host, work.Port, control.Host, control.Port));
    }

    [Fact]
    public void a_control_connection_that_is_given_leaves_both_as_they_are_written()
    {
        var provider = Provider("postgres://u@ep-a.neon.tech/d", "postgres://c@ep-b-pooler.neon.tech/d");
        Assert.Equal(("ep-a.neon.tech", "ep-b-pooler.neon.tech", "c"), (ProviderEndpoints.Work(provider).Host, ProviderEndpoints.Control(provider).Host, ProviderEndpoints.Control(provider).Username));
    }

    [Fact]
    public void limits_are_short_and_nothing_depends_on_a_session()
    {
        var (work, control) = (ProviderEndpoints.Work(Provider("postgres://u@h/d")), ProviderEndpoints.Control(Provider("postgres://u@h/d")));
        foreach (var settings in new[] { work, control })
        {
            Assert.Equal((3, 10, 1000, true, 300, 60, 10), (settings.Timeout, settings.CommandTimeout, settings.CancellationTimeout, settings.TcpKeepAlive, settings.ConnectionLifetime, settings.ConnectionIdleLifetime, settings.MaxPoolSize));
            Assert.Equal((GssEncryptionMode.Disable, 0, true, false, "holdfast", SslMode.VerifyFull), (settings.GssEncryptionMode, settings.MaxAutoPrepare, settings.NoResetOnClose, settings.Enlist, settings.ApplicationName, settings.SslMode));
        }
        Assert.Equal((0, 30), (work.KeepAlive, control.KeepAlive));
    }

    [Fact]
    public void what_the_connection_sets_wins_where_it_is_safe()
    {
        var work = ProviderEndpoints.Work(Provider("Host=h;Timeout=7;Command Timeout=8;Maximum Pool Size=3;Application Name=mine;Keepalive=9;Max Auto Prepare=20;No Reset On Close=false;Enlist=true"));
        Assert.Equal((7, 8, 3, "mine", 9), (work.Timeout, work.CommandTimeout, work.MaxPoolSize, work.ApplicationName, work.KeepAlive));
        Assert.Equal((0, true, false), (work.MaxAutoPrepare, work.NoResetOnClose, work.Enlist));
    }

    [Fact]
    public void limits_follow_the_options()
    {
        var provider = Provider("postgres://u@h/d");
        (provider.ConnectTimeout, provider.CommandTimeout, provider.PoolSizeMax) = (TimeSpan.FromMilliseconds(1500), TimeSpan.FromSeconds(4), 2);
        var work = ProviderEndpoints.Work(provider);
        Assert.Equal((2, 4, 2), (work.Timeout, work.CommandTimeout, work.MaxPoolSize));
    }

    [Theory]
    [InlineData("postgres://u@ep-a.neon.tech/d?options=endpoint%3Dep-a", null, "endpoint=ep-a", 0)]
    [InlineData("postgres://u@ep-a.neon.tech/d?options=-c%20search_path%3Dx", null, "-c search_path=x", 1)]
    [InlineData("postgres://u@pg.neon.tech/d?options=endpoint%3Dep-a", "endpoint=ep-a", "endpoint=ep-a", 0)]
    [InlineData("postgres://u@a.pooler.supabase.com:6543/d?options=-c%20x.y%3D1", null, "-c x.y=1", 1)]
    [InlineData("postgres://u@h/d?options=-c%20x.y%3D1", "-c x.y=1", "-c x.y=1", 0)]
    public void startup_options_never_reach_a_pooler(string url, string? work, string? control, int warnings)
    {
        Assert.Equal((work, control), (ProviderEndpoints.Work(Provider(url)).Options, ProviderEndpoints.Control(Provider(url)).Options));
        Assert.Equal(warnings, ProviderEndpoints.Warnings(Provider(url)).Count);
    }

    [Theory]
    [InlineData("postgres://u@h/d?sslmode=require", "checks no certificate")]
    [InlineData("postgres://u@h/d?sslmode=prefer", "plain text")]
    [InlineData("postgres://u@h/d?sslmode=allow", "plain text")]
    [InlineData("postgres://u@h/d?sslmode=disable", "plain text")]
    [InlineData("postgres://u@h/d?sslmode=verify-ca", "name")]
    public void a_remote_host_without_full_checks_is_warned_of(string url, string text)
    {
        var warning = Assert.Single(ProviderEndpoints.Warnings(Provider(url)));
        Assert.Contains(text, warning, StringComparison.Ordinal);
        Assert.Contains("verify-full", warning, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://u@h/d")]
    [InlineData("postgres://u@h/d?sslmode=verify-full&sslrootcert=/ca.crt")]
    [InlineData("postgres://u@127.0.0.1/d?sslmode=disable")]
    public void what_is_checked_fully_or_local_is_not_warned_of(string url) => Assert.Empty(ProviderEndpoints.Warnings(Provider(url)));

    [Fact]
    public void a_pinned_certificate_authority_reaches_both_endpoints()
    {
        var provider = Provider("postgres://u@h/d?sslrootcert=/ca.crt");
        Assert.Equal(("/ca.crt", "/ca.crt"), (ProviderEndpoints.Work(provider).RootCertificate, ProviderEndpoints.Control(provider).RootCertificate));
    }

    [Fact]
    public void an_error_names_the_provider_and_not_its_secret()
    {
        var error = Assert.Throws<InvalidInputException>(() => ProviderEndpoints.Control(Provider("postgres://h/d", "postgres://u:pl4nted@h:x/d")));
        Assert.StartsWith("provider 'p' control", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("pl4nted", error.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("postgres://maria.abc@aws-0-eu.pooler.supabase.com/d", "maria")]
    [InlineData("postgres://maria.abc@db.abc.supabase.co/d", "maria.abc")]
    [InlineData("postgres://maria@ep-x-pooler.eu.aws.neon.tech/d", "maria")]
    public void a_role_is_named_as_the_server_knows_it(string url, string role) => Assert.Equal(role, PoolerNames.RoleAtServer(ProviderEndpoints.Work(Provider(url))));
}
