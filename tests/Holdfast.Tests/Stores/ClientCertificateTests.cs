using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Stores;

/// <summary>A key with a password is opened here and not by the driver, which would print it: it must serve as well as there.</summary>
public sealed class ClientCertificateTests
{
    private const string Password = "pl4nted key";

    [Fact]
    public async Task a_key_with_a_password_opens_a_server_that_asks_for_a_certificate()
    {
        using var certificates = new TestCertificates();
        await using var server = await PostgresServer.StartAsync();
        await PostgresServer.ExecuteAsync(server.ConnectionString, "create role carded login");
        await server.UseCertificateAsync(certificates.Make(TestCertificate.Good));
        await server.UseAuthorityAsync(certificates.AuthorityFile);
        await server.UseAccessAsync("hostssl all carded 127.0.0.1/32 cert", "host all holdfast 127.0.0.1/32 trust");
        var (certificate, key) = certificates.MakeClient("carded", Password);
        var given = $"postgres://carded@127.0.0.1:{server.Port}/postgres?sslmode=verify-full&sslrootcert={certificates.AuthorityFile}&sslcert={certificate}&sslkey={key}";
        await using var source = PostgresSource.Build(PostgresUrl.Parse($"{given}&sslpassword={Uri.EscapeDataString(Password)}"));
        await using var command = source.CreateCommand("select current_user::text");
        Assert.Equal("carded", await command.ExecuteScalarAsync());
        Assert.DoesNotContain(Password, source.ConnectionString, StringComparison.Ordinal);
        await using (var one = PostgresSource.Connection(PostgresUrl.Parse($"{given}&sslpassword={Uri.EscapeDataString(Password)}")))
        {
            await one.OpenAsync();
            Assert.DoesNotContain(Password, one.ConnectionString, StringComparison.Ordinal);
        }
        // Without it nobody gets in, so that it was the certificate that opened.
        await using var bare = PostgresSource.Build(PostgresUrl.Parse($"postgres://carded@127.0.0.1:{server.Port}/postgres?sslmode=require"));
        await Assert.ThrowsAsync<PostgresException>(async () => await bare.OpenConnectionAsync());
    }
}
