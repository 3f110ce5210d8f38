using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Opens connections as their settings say, without the driver ever printing a secret of theirs. It takes the password out of what it
/// logs and traces, but not that of a client certificate's key: where there is one, the key is opened here.
/// </summary>
internal static class PostgresSource
{
    /// <param name="settings">How the server is reached.</param>
    /// <param name="certificateHost">The server's name in TLS, where the way leads through a proxy on this machine; null: the settings' host.</param>
    /// <param name="loadsTypes">False: only types with fixed numbers are used, which saves a round trip or two.</param>
    public static NpgsqlDataSource Build(NpgsqlConnectionStringBuilder settings, string? certificateHost = null, bool loadsTypes = true)
    {
        var builder = new NpgsqlDataSourceBuilder(Shown(settings).ConnectionString);
        if (OnHandshake(settings, certificateHost) is { } callback) builder.UseSslClientAuthenticationOptionsCallback(callback);
        if (!loadsTypes) builder.ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        return builder.Build();
    }

    /// <summary>One connection, not opened yet.</summary>
    public static NpgsqlConnection Connection(NpgsqlConnectionStringBuilder settings)
    {
        var connection = new NpgsqlConnection(Shown(settings).ConnectionString);
        if (OnHandshake(settings, certificateHost: null) is { } callback) connection.SslClientAuthenticationOptionsCallback = callback;
        return connection;
    }

    /// <summary>One connection, open.</summary>
    /// <param name="settings">How the server is reached.</param>
    /// <param name="target">How errors name it, without secrets.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="HoldfastException">It was not opened; why, in words.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlConnectionStringBuilder settings, string target, CancellationToken cancellationToken)
    {
        var connection = Connection(settings);
        try
        {
            await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw PostgresErrors.Opening(e, target);
        }
    }

    private static bool HasKeyPassword(NpgsqlConnectionStringBuilder settings) => settings.SslPassword is { Length: > 0 };

    private static NpgsqlConnectionStringBuilder Shown(NpgsqlConnectionStringBuilder settings) => HasKeyPassword(settings)
        ? new NpgsqlConnectionStringBuilder(settings.ConnectionString) { SslPassword = null, SslCertificate = null, SslKey = null }
        : settings;

    private static Action<SslClientAuthenticationOptions>? OnHandshake(NpgsqlConnectionStringBuilder settings, string? certificateHost)
    {
        var certificate = HasKeyPassword(settings) && settings.SslCertificate is { Length: > 0 } file
            ? new Lazy<X509Certificate2>(() => Load(file, settings.SslKey, settings.SslPassword!), LazyThreadSafetyMode.PublicationOnly)
            : null;
        if (certificate is null && certificateHost is null) return null;
        return tls =>
        {
            if (certificateHost is not null) tls.TargetHost = certificateHost;
            if (certificate is not null) tls.ClientCertificates = [certificate.Value];
        };
    }

    // As the driver does: PKCS #12 by its name, PEM otherwise.
    private static X509Certificate2 Load(string file, string? key, string password) => Path.GetExtension(file).ToUpperInvariant() is ".PFX" or ".P12"
        ? X509CertificateLoader.LoadPkcs12FromFile(file, password)
        : X509Certificate2.CreateFromEncryptedPemFile(file, password, key);
}
