using Holdfast.Providers.Failures;
using Holdfast.TestServers;
using Xunit;

namespace Holdfast.Tests.Faults;

/// <summary>The primary shows a certificate that is not acceptable.</summary>
public sealed class CertificateFaultTests(FaultServers servers) : IClassFixture<FaultServers>, IAsyncLifetime
{
    private readonly TestCertificates _ours = new();
    private readonly TestCertificates _others = new();

    public async ValueTask InitializeAsync() => await servers[0].Server.UseCertificateAsync(_ours.Make(TestCertificate.Good));

    public async ValueTask DisposeAsync()
    {
        await servers.HealAsync();
        _ours.Dispose();
        _others.Dispose();
    }

    [Fact]
    public Task an_expired_certificate_takes_the_provider_out_and_nothing_is_lost() => ProveAsync(_ours, TestCertificate.Expired);

    [Fact]
    public Task a_certificate_of_another_name_takes_the_provider_out_and_nothing_is_lost() => ProveAsync(_ours, TestCertificate.WrongName);

    [Fact]
    public Task a_certificate_of_an_unknown_authority_takes_the_provider_out_and_nothing_is_lost() => ProveAsync(_others, TestCertificate.Good);

    [Fact]
    public async Task a_provider_with_a_bad_certificate_from_the_start_leaves_the_others_working()
    {
        await servers[0].Server.UseCertificateAsync(_ours.Make(TestCertificate.Expired));
        await using var run = await FaultRun.OpenAsync(servers, Options(), healing: [1, 2]);
        await run.AppendAsync(20);
        await run.ExpectCauseAsync(FailureCause.Tls);
        Assert.Equal("p1", run.Providers.Primary);
        await run.CheckAsync();
        run.AssertCauses(FailureCause.Tls);
    }

    private async Task ProveAsync(TestCertificates authority, TestCertificate kind)
    {
        await using var run = await FaultRun.OpenAsync(servers, Options());
        // Connections from before keep the certificate that they were made with; their end is seen as a broken one.
        await run.ProveAsync(
            () => UseAsync(authority.Make(kind)), () => UseAsync(_ours.Make(TestCertificate.Good)), FailureCause.Tls, FailureCause.Down);
    }

    private async Task UseAsync((string Certificate, string Key) pair)
    {
        await servers[0].Server.UseCertificateAsync(pair);
        servers[0].Proxy.ResetConnections();
    }

    private HoldfastOptions Options()
    {
        var options = servers.Options();
        options.Providers[0].Connection += $";SSL Mode=VerifyFull;Root Certificate={_ours.AuthorityFile}";
        options.Providers[0].ControlConnection = options.Providers[0].Connection;
        return options;
    }
}
