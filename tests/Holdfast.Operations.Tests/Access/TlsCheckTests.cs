using Holdfast.Operations.Access.Tls;
using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

public sealed class TlsCheckTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private PostgresServer? _server;

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync(PostgresVersion.Newer);
        await PostgresServer.ExecuteAsync(_server.ConnectionString, "create role maria login password 'secret'");
        await _server.UseAccessAsync("host all holdfast 127.0.0.1/32 trust", "host all maria 127.0.0.1/32 scram-sha-256");
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task a_good_certificate_is_good_and_each_defect_is_named()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Good));
        var good = await RunAsync(SslMode.VerifyFull);
        Assert.Equal(TlsVerdict.Good, good.Verdict);
        Assert.All(good.Points, point => Assert.Equal(TlsVerdict.Good, point.Verdict));
        Assert.Equal(["mode", "protocol", "chain", "name", "days", "direct", "channel binding", "sessions"], good.Points.Select(point => point.Point));
        Assert.Contains("SCRAM-SHA-256-PLUS", Point(good, "channel binding").Detail, StringComparison.Ordinal);
        Assert.InRange(good.DaysLeft!.Value, 88, 90);
        Assert.Contains("1 with TLS", Point(good, "sessions").Detail, StringComparison.Ordinal);

        // Without the authority's file.
        var unknown = await RunAsync(SslMode.VerifyFull, trusted: false);
        Assert.Equal(TlsVerdict.Failed, Point(unknown, "chain").Verdict);
        Assert.Equal(TlsVerdict.Good, Point(unknown, "name").Verdict);

        // A log-in that needs no password is bound to nothing.
        var trust = await RunAsync(SslMode.VerifyFull, user: "holdfast");
        Assert.Equal(TlsVerdict.Warning, Point(trust, "channel binding").Verdict);
        Assert.Equal(TlsVerdict.Warning, trust.Verdict);
    }

    [Fact]
    public async Task an_expired_one_one_for_another_name_and_none_at_all_are_told_apart()
    {
        var off = await RunAsync(SslMode.Require);
        Assert.Equal((TlsVerdict.Failed, "the server has no TLS"), (off.Verdict, Point(off, "protocol").Detail));
        Assert.Equal(TlsVerdict.Good, (await RunAsync(SslMode.Prefer)).Verdict);

        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Expired));
        // Also where the connection itself would take it.
        foreach (var mode in new[] { SslMode.VerifyFull, SslMode.Require, SslMode.Prefer })
        {
            var expired = await RunAsync(mode);
            Assert.Equal(TlsVerdict.Failed, Point(expired, "days").Verdict);
            Assert.Equal(TlsVerdict.Good, Point(expired, "name").Verdict);
        }
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.WrongName));
        var wrong = await RunAsync(SslMode.VerifyFull);
        Assert.Equal((TlsVerdict.Failed, TlsVerdict.Good, TlsVerdict.Good), (Point(wrong, "name").Verdict, Point(wrong, "days").Verdict, Point(wrong, "chain").Verdict));
    }

    [Fact]
    public async Task a_server_that_is_not_there_and_a_connection_that_insists_on_nothing_are_told()
    {
        var gone = await new TlsCheck(TimeProvider.System).RunAsync(new ProviderOptions { Name = "gone", Connection = "Host=127.0.0.1;Port=1;Username=x" }, default);
        Assert.NotNull(gone.Unreachable);
        var remote = await new TlsCheck(TimeProvider.System).RunAsync(new ProviderOptions { Name = "far", Connection = "Host=holdfast.invalid;Username=x;SSL Mode=Require" }, default);
        Assert.Equal(TlsVerdict.Failed, Point(remote, "mode").Verdict);
        Assert.Contains("verify-full", Point(remote, "mode").Advice!, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(90, TlsVerdict.Good)]
    [InlineData(30, TlsVerdict.Good)]
    [InlineData(29, TlsVerdict.Warning)]
    [InlineData(7, TlsVerdict.Warning)]
    [InlineData(6, TlsVerdict.Failed)]
    [InlineData(-1, TlsVerdict.Failed)]
    public void days_warn_below_thirty_and_fail_below_seven(int left, object verdict) =>
        Assert.Equal((TlsVerdict)verdict, TlsJudge.Days(left, DateTimeOffset.UnixEpoch, CertificateProblem.None).Verdict);

    private static TlsPoint Point(TlsReport report, string name) => Assert.Single(report.Points, point => point.Point == name);

    private Task<TlsReport> RunAsync(SslMode mode, bool trusted = true, string user = "maria")
    {
        var settings = new NpgsqlConnectionStringBuilder(_server!.ConnectionString) { SslMode = mode, Username = user, Password = "secret" };
        if (trusted) settings.RootCertificate = _certificates.AuthorityFile;
        return new TlsCheck(TimeProvider.System).RunAsync(new ProviderOptions { Name = "main", Connection = settings.ConnectionString }, default);
    }
}
