using Holdfast.Stores.Postgres;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Configuration;

public sealed class PostgresUrlTests
{
    [Theory]
    [InlineData("postgres://maria:p%40%3A%2F%25%23@db.example.com/memory", "p@:/%#")]
    [InlineData("postgres://maria:p@ss@db.example.com/memory", "p@ss")]
    [InlineData("postgres://maria:a:b@db.example.com/memory", "a:b")]
    [InlineData("postgres://maria:a#b@db.example.com/memory", "a#b")]
    [InlineData("postgres://maria:%C3%A9+x@db.example.com/memory", "é+x")]
    [InlineData("postgres://db.example.com/memory?user=maria&password=p%26%3D%40", "p&=@")]
    public void a_password_with_signs_arrives_as_it_is(string url, string password)
    {
        var settings = PostgresUrl.Parse(url);
        Assert.Equal(("maria", password, "db.example.com", "memory"), (settings.Username, settings.Password, settings.Host, settings.Database));
    }

    [Theory]
    [InlineData("postgres://[::1]/m", "::1", 5432)]
    [InlineData("postgresql://u@[fe80::1]:6000/m", "fe80::1", 6000)]
    [InlineData("POSTGRES://u@h:1/m", "h", 1)]
    [InlineData("postgres://h1:1,h2:2/m", "h1:1,h2:2", 5432)]
    [InlineData("postgres://h1,[::1]:2/m", "h1:5432,[::1]:2", 5432)]
    [InlineData("postgres:///m?host=/run/postgresql", "/run/postgresql", 5432)]
    [InlineData("postgres://%2Frun%2Fpostgresql/m", "/run/postgresql", 5432)]
    [InlineData("postgres:///m?host=a,b&port=1,2", "a:1,b:2", 5432)]
    [InlineData("postgres:///m?host=a,b&port=7", "a:7,b:7", 5432)]
    [InlineData("postgres://h/m?port=7", "h", 7)]
    [InlineData("postgres:///m", "localhost", 5432)]
    [InlineData("postgres://", "localhost", 5432)]
    [InlineData("postgres://:@:/", "localhost", 5432)]
    [InlineData("postgres://u:p@h?sslmode=disable", "h", 5432)]
    public void hosts_and_ports_are_read_as_libpq_reads_them(string url, string host, int port)
    {
        var settings = PostgresUrl.Parse(url);
        Assert.Equal((host, port), (settings.Host, settings.Port));
        _ = new NpgsqlConnectionStringBuilder(settings.ConnectionString);
    }

    [Fact]
    public void every_parameter_reaches_its_setting()
    {
        var settings = PostgresUrl.Parse("postgres://h/?user=u&password=p&dbname=d%2Fe&sslmode=verify-ca&sslrootcert=/ca.crt&sslcert=/c.crt&sslkey=/c.key&sslpassword=s&channel_binding=require"
            + "&options=endpoint%3Dep-1&application_name=app&connect_timeout=7&keepalives=1&keepalives_idle=11&keepalives_interval=12&keepalives_count=3&target_session_attrs=read-write&passfile=/pf&gssencmode=disable");
        Assert.Equal(("u", "p", "d/e", SslMode.VerifyCA, "/ca.crt", "/c.crt", "/c.key"), (settings.Username, settings.Password, settings.Database, settings.SslMode, settings.RootCertificate, settings.SslCertificate, settings.SslKey));
        Assert.Equal(("s", ChannelBinding.Require, "endpoint=ep-1", "app", 7, true, 11), (settings.SslPassword, settings.ChannelBinding, settings.Options, settings.ApplicationName, settings.Timeout, settings.TcpKeepAlive, settings.TcpKeepAliveTime));
        Assert.Equal((12, "read-write", "/pf", GssEncryptionMode.Disable), (settings.TcpKeepAliveInterval, settings.TargetSessionAttributes, settings.Passfile, settings.GssEncryptionMode));
    }

    [Theory]
    [InlineData("postgres://maria:s3c/r3t@db.example.com/memory", "port")]
    [InlineData("postgres://maria:5/r3t@db.example.com/memory", "the password holds '/'")]
    [InlineData("postgres://maria:s3c%r3t@db.example.com/memory", "password")]
    [InlineData("postgres://maria:s3c%FFr3t@db.example.com/memory", "password")]
    [InlineData("postgres://maria:s3c%00r3t@db.example.com/memory", "password")]
    [InlineData("postgres://maria:s3c?r3t=1@db.example.com/memory", "user or password")]
    [InlineData("postgres://mar?ia:5/r3t@db", "")]
    [InlineData("postgres://maria:5/x?r3t=1@db.example.com/memory", "a parameter is unknown")]
    [InlineData("postgres://maria:r3t@db.example.com:0/memory", "port")]
    [InlineData("postgres://maria:r3t@db.example.com:65536/memory", "port")]
    [InlineData("postgres://maria:r3t@db.example.com:-1/memory", "port")]
    [InlineData("postgres://maria:r3t@db.example.com:r3t/memory", "port")]
    [InlineData("postgres://maria:r3t@[::1/memory", "IPv6")]
    [InlineData("postgres://maria:r3t@::1/memory", "IPv6")]
    [InlineData("postgres://maria:r3t@a,,b/memory", "empty host")]
    [InlineData("postgres://maria:r3t@h/memory?no_such=r3t", "'no_such'")]
    [InlineData("postgres://maria:r3t@h/memory?sslmode=r3t", "'sslmode'")]
    [InlineData("postgres://maria:r3t@h/memory?connect_timeout=r3t", "'connect_timeout'")]
    [InlineData("postgres://maria:r3t@h/memory?sslmode=require&sslrootcert=system", "'sslrootcert'")]
    [InlineData("postgres://maria:r3t@h/memory?r3t", "parameter has no '='")]
    [InlineData("postgres://maria:r3t@h/memory?password=r3t%", "'password'")]
    [InlineData("postgres://h/memory?host=a,b&port=1,2,3", "differ in number")]
    [InlineData("Host=h;Password=a;r3t=b", "follows the password")]
    [InlineData("Host=h;Nonsense=r3t;Password=a", "'nonsense'")]
    [InlineData("Host=h;Port=r3t", "'port'")]
    [InlineData("Host=h;r3t", "")]
    [InlineData("Password=r3t", "host is missing")]
    [InlineData("host=h port=5432 password=r3t", "host holds '='")]
    [InlineData("mysql://maria:r3t@h/memory", "scheme")]
    [InlineData("r3t", "")]
    public void what_cannot_be_read_is_named_and_never_repeated(string text, string part)
    {
        var error = Assert.Throws<InvalidInputException>(() => PostgresUrl.Parse(text));
        Assert.Contains(part, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("r3t", error.ToString().Split(" at ")[0], StringComparison.Ordinal);
        Assert.DoesNotContain("s3c", error.ToString(), StringComparison.Ordinal);
        Assert.Null(error.InnerException);
    }

    [Theory]
    [InlineData("postgres://h/m", SslMode.VerifyFull)]
    [InlineData("Host=h", SslMode.VerifyFull)]
    [InlineData("postgres://localhost,h/m", SslMode.VerifyFull)]
    [InlineData("postgres://10.0.0.1/m", SslMode.VerifyFull)]
    [InlineData("postgres://h/m?sslrootcert=system", SslMode.VerifyFull)]
    [InlineData("postgres://h/m?sslmode=require", SslMode.Require)]
    [InlineData("Host=h;SslMode=Disable", SslMode.Disable)]
    [InlineData("postgres://localhost/m", SslMode.Prefer)]
    [InlineData("postgres://127.0.0.2/m", SslMode.Prefer)]
    [InlineData("postgres://[::1]/m", SslMode.Prefer)]
    [InlineData("postgres:///m?host=/run/postgresql", SslMode.Prefer)]
    [InlineData("postgres://localhost:1,127.0.0.1:2/m", SslMode.Prefer)]
    [InlineData("postgres://localhost.example.com/m", SslMode.VerifyFull)]
    public void certificates_are_checked_fully_unless_the_host_is_this_machine(string text, SslMode mode) => Assert.Equal(mode, PostgresUrl.Parse(text).SslMode);
}
