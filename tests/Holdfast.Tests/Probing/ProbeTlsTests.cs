using System.Security.Authentication;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Failures;
using Holdfast.Providers.Probing;
using Holdfast.TestServers;
using Npgsql;
using Xunit;
using static Holdfast.Tests.Probing.Probes;

namespace Holdfast.Tests.Probing;

public sealed class ProbeTlsTests : IAsyncLifetime
{
    private readonly TestCertificates _certificates = new();
    private PostgresServer? _server;
    private string _database = "";

    public async ValueTask InitializeAsync()
    {
        _server = await PostgresServer.StartAsync();
        _database = await _server.CreateDatabaseAsync();
        await new SchemaMigrator(_database).MigrateAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _server!.DisposeAsync();
        _certificates.Dispose();
    }

    [Fact]
    public async Task a_good_certificate_passes_and_its_protocol_and_days_are_told()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Good));
        foreach (var mode in new[] { SslMode.Prefer, SslMode.Require, SslMode.VerifyCA, SslMode.VerifyFull })
        {
            var report = await RunAsync(With(mode));
            Assert.True(report.IsHealthy, $"{mode}: {report.FailedStep?.Detail}");
            Assert.InRange(report.Facts.TlsProtocol!.Value, SslProtocols.Tls12, SslProtocols.Tls13);
            Assert.InRange(report.Facts.CertificateDaysLeft!.Value, 88, 90);
            // Where nothing is checked, no authority is named either; the report says what a check would find.
            Assert.Equal(mode is SslMode.Prefer or SslMode.Require ? "comes from an unknown authority" : null, report.Facts.CertificateProblem);
        }
        Assert.Equal(ProbeState.NotAsked, (await RunAsync(With(SslMode.Disable))).Steps[2].State);
    }

    [Fact]
    public async Task an_expired_certificate_is_named_and_Require_takes_it_with_a_word()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Expired));
        var report = await RunAsync(With(SslMode.VerifyFull));
        Expect(report, ProbeStep.Tls, FailureCause.Tls, "has expired");
        Assert.InRange(report.Facts.CertificateDaysLeft!.Value, -2, -1);
        var lenient = await RunAsync(With(SslMode.Require));
        Assert.True(lenient.IsHealthy, lenient.FailedStep?.Detail);
        Assert.Contains("has expired", lenient.Steps[2].Detail, StringComparison.Ordinal);
        await RefusedByTheDriverAsync(SslMode.VerifyFull);
    }

    [Fact]
    public async Task a_certificate_for_another_name_fails_VerifyFull_only()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.WrongName));
        Expect(await RunAsync(With(SslMode.VerifyFull)), ProbeStep.Tls, FailureCause.Tls, "another host name");
        Assert.True((await RunAsync(With(SslMode.VerifyCA))).IsHealthy);
        await RefusedByTheDriverAsync(SslMode.VerifyFull);
    }

    [Fact]
    public async Task a_certificate_of_an_unknown_authority_fails_both_verifying_modes()
    {
        await _server!.UseCertificateAsync(_certificates.Make(TestCertificate.Good));
        foreach (var mode in new[] { SslMode.VerifyCA, SslMode.VerifyFull })
        {
            Expect(await RunAsync(With(mode, trusted: false)), ProbeStep.Tls, FailureCause.Tls, "sslrootcert");
            await RefusedByTheDriverAsync(mode, trusted: false);
        }
    }

    [Fact]
    public async Task a_server_without_TLS_is_told_where_the_connection_asks_for_it()
    {
        Expect(await RunAsync(With(SslMode.Require)), ProbeStep.Tls, FailureCause.Tls, "no TLS");
        Assert.True((await RunAsync(With(SslMode.Prefer))).IsHealthy);
        await RefusedByTheDriverAsync(SslMode.Require);
    }

    private string With(SslMode mode, bool trusted = true)
    {
        var settings = new NpgsqlConnectionStringBuilder(_database) { SslMode = mode };
        if (trusted && mode is (SslMode.VerifyCA or SslMode.VerifyFull)) settings.RootCertificate = _certificates.AuthorityFile;
        return settings.ConnectionString;
    }

    // What the probe says must be what a connection meets.
    private async Task RefusedByTheDriverAsync(SslMode mode, bool trusted = true)
    {
        await using var connection = new NpgsqlConnection(With(mode, trusted) + ";Pooling=false");
        var error = await Assert.ThrowsAnyAsync<Exception>(() => connection.OpenAsync());
        var failure = FailureClassifier.Classify(error, sent: true);
        Assert.Equal((AttemptOutcome.NotExecuted, FailureCause.Tls), (failure.Outcome, failure.Cause));
    }
}
