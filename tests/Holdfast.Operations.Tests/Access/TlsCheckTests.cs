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

    [Fact]
    public async Task a_pinned_certificate_of_the_servers_own_is_good_and_on_this_machine_nobody_has_to_trust_it()
    {
        var own = _certificates.Make(TestCertificate.SelfSigned);
        await _server!.UseCertificateAsync(own);
        var file = Path.Combine(_certificates.Folder, "own.pem");
        await File.WriteAllTextAsync(file, own.Certificate);
        var pinned = await RunAsync(SslMode.VerifyCA, root: file);
        Assert.All(pinned.Points, point => Assert.Equal((point.Point, TlsVerdict.Good), (point.Point, point.Verdict)));
        Assert.Contains("itself", Point(pinned, "name").Detail, StringComparison.Ordinal);
        // With another root beside it, whoever that one signs passes.
        await File.AppendAllTextAsync(file, "\n" + await File.ReadAllTextAsync(_certificates.AuthorityFile));
        Assert.Equal(TlsVerdict.Failed, Point(await RunAsync(SslMode.VerifyCA, root: file), "name").Verdict);
        Assert.Equal(TlsVerdict.Failed, Point(await RunAsync(SslMode.VerifyFull), "chain").Verdict);
        foreach (var mode in new[] { SslMode.Disable, SslMode.Prefer })
        {
            var here = await RunAsync(mode, trusted: false, user: "holdfast");
            Assert.Equal((TlsVerdict.Good, TlsVerdict.NotAsked, TlsVerdict.NotAsked), (here.Verdict, Point(here, "chain").Verdict, Point(here, "name").Verdict));
        }
    }

    [Fact]
    public async Task each_host_is_looked_at_and_channel_binding_is_used_by_a_log_in_only()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Good));
        await using var second = await PostgresServer.StartAsync(PostgresVersion.Newer);
        await second.UseCertificateAsync(_certificates.Make(TestCertificate.Expired));
        var both = await RunAsync(SslMode.VerifyFull, host: $"127.0.0.1:{_server!.Port},127.0.0.1:{second.Port}");
        Assert.Equal([TlsVerdict.Good, TlsVerdict.Failed], both.Points.Where(point => point.Point == "days").Select(point => point.Verdict));
        Assert.Contains($"127.0.0.1:{second.Port}: ", both.Points.Last(point => point.Point == "days").Detail, StringComparison.Ordinal);
        var one = await RunAsync(SslMode.VerifyFull, host: $"127.0.0.1:{_server.Port},127.0.0.1:1");
        Assert.Equal((TlsVerdict.Warning, null), (one.Verdict, one.Unreachable));
        Assert.Contains("127.0.0.1:1: not reached", Point(one, "host").Detail, StringComparison.Ordinal);

        var refused = await RunAsync(SslMode.VerifyFull, password: "guessed");
        Assert.Equal((TlsVerdict.Warning, TlsVerdict.NotAsked), (Point(refused, "sessions").Verdict, Point(refused, "channel binding").Verdict));
        Assert.Contains("no log-in", Point(refused, "channel binding").Detail, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidInputException>(() => RunAsync(SslMode.VerifyFull, root: "/nonexistent.crt"));
        var relay = await new TlsCheck(TimeProvider.System).RunAsync(new ProviderOptions { Name = "main", Connection = "Host=127.0.0.1;Port=1;Username=x", RelayConnection = "Host=192.0.2.2;Username=x;SSL Mode=Disable" }, default);
        Assert.Equal(TlsVerdict.Failed, Point(relay, "relay").Verdict);
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

    private Task<TlsReport> RunAsync(SslMode mode, bool trusted = true, string user = "maria", string? root = null, string? host = null, string password = "secret")
    {
        var settings = new NpgsqlConnectionStringBuilder(_server!.ConnectionString) { SslMode = mode, Username = user, Password = password };
        if (host is not null) settings.Host = host;
        if (trusted) settings.RootCertificate = root ?? _certificates.AuthorityFile;
        return new TlsCheck(TimeProvider.System).RunAsync(new ProviderOptions { Name = "main", Connection = settings.ConnectionString }, default);
    }
}
