using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>The log-ins of roles: a file that only its owner may read, with one <c>postgres://</c> URL per role and server.</summary>
internal sealed class SecretsFile(string path)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path => path;

    /// <summary>Where new passwords stand until they are known to be in force.</summary>
    public string Draft { get; } = path + ".new";

    /// <summary>The URLs in it; none when there is no file.</summary>
    /// <exception cref="InvalidInputException">Others may read it.</exception>
    public async Task<IReadOnlyList<string>> ReadAsync(CancellationToken cancellationToken) => UrlsOf(await LinesAsync(cancellationToken).ConfigureAwait(false));

    /// <summary>Refuses a path that no file can stand at, before anything is changed.</summary>
    /// <exception cref="InvalidInputException">It is a folder, or its folder is not there.</exception>
    /// <exception cref="SchemaException">An earlier run left passwords beside it that may be the ones in force.</exception>
    public void Check()
    {
        if (File.Exists(Draft)) throw new SchemaException($"{Draft} is there: another run is at work, or one ended before it knew whether the server had taken the passwords in it. {InDoubt} Nothing was changed.");
        if (Directory.Exists(path)) throw new InvalidInputException("secrets", $"{path} is a folder; name a file in it.");
        if (!Directory.Exists(System.IO.Path.GetDirectoryName(System.IO.Path.GetFullPath(path)))) throw new InvalidInputException("secrets", $"the folder of {path} is not there; make it first.");
    }

    /// <summary>What to do about passwords that may be in force.</summary>
    public string InDoubt => $"'holdfast access verify --secrets {Draft}' tries them: if they log in, move it to {path}; if not, delete it.";

    /// <summary>The log-ins among lines: comments and empty ones are none.</summary>
    public static IReadOnlyList<string> UrlsOf(IEnumerable<string> lines) => [.. lines.Select(line => line.Trim()).Where(line => line.Length > 0 && line[0] != '#')];

    /// <summary>All its lines as they are; none when there is no file.</summary>
    /// <exception cref="InvalidInputException">Others may read it.</exception>
    public async Task<IReadOnlyList<string>> LinesAsync(CancellationToken cancellationToken)
    {
        if (!File.Exists(path)) return [];
        if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & ~OwnerOnly & ~UnixFileMode.UserExecute) != 0)
            throw new InvalidInputException("secrets", $"{path} may be read by others: chmod 600 it, and change the passwords in it.");
        return await File.ReadAllLinesAsync(path, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The log-in of a role at the server of <paramref name="settings"/>, or null.</summary>
    public static NpgsqlConnectionStringBuilder? Find(IEnumerable<string> urls, NpgsqlConnectionStringBuilder settings, string role) =>
        urls.Select(url => PostgresUrl.Parse(url, "secrets")).FirstOrDefault(found => found.Username == role
            && (found.Host, found.Port, found.Database) == (settings.Host, settings.Port, settings.Database));

    /// <summary>Puts what the file is to hold beside it; it takes its place by <see cref="Publish"/>.</summary>
    /// <exception cref="IOException">It cannot be written, or another run's draft is there.</exception>
    public async Task DraftAsync(IReadOnlyList<string> lines, CancellationToken cancellationToken)
    {
        // Never over another one: it may be the only copy of passwords in force.
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = OwnerOnly;
        var stream = new FileStream(Draft, options);
        await using var _ = stream.ConfigureAwait(false);
        try
        {
            await stream.WriteAsync(Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n"))), cancellationToken).ConfigureAwait(false);
            stream.Flush(flushToDisk: true);
        }
        catch
        {
            Discard();
            throw;
        }
    }

    /// <exception cref="SchemaException">It cannot take its place; the log-ins stand beside it.</exception>
    public void Publish()
    {
        try
        {
            File.Move(Draft, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SchemaException($"The roles have their new passwords, and {path} could not be replaced ({e.Message}): the log-ins are in {Draft}. Move it there by hand.", e);
        }
    }

    /// <summary>The server has not taken them.</summary>
    public void Discard() => File.Delete(Draft);

    public static string NewPassword() => RandomNumberGenerator.GetString("ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789", 32);

    /// <summary>The URL of a role at a server, certificates checked as the administrator's connection has it.</summary>
    public static string Url(NpgsqlConnectionStringBuilder settings, string role, string password)
    {
        var query = new List<string>();
        if (TransportSecurity.IsExplicit(settings)) query.Add("sslmode=" + settings.SslMode switch
        {
            SslMode.VerifyFull => "verify-full", SslMode.VerifyCA => "verify-ca", var mode => mode.ToString().ToLowerInvariant(),
        });
        if (settings.RootCertificate is { Length: > 0 } root) query.Add("sslrootcert=" + Uri.EscapeDataString(root));
        // A folder of sockets stands in a URL as libpq reads it: percent-encoded.
        var host = settings.Host!.StartsWith('/') ? Uri.EscapeDataString(settings.Host) : settings.Host.Contains(':', StringComparison.Ordinal) && !settings.Host.StartsWith('[') ? $"[{settings.Host}]" : settings.Host;
        return string.Create(CultureInfo.InvariantCulture, $"postgres://{role}:{password}@{host}:{settings.Port}/{Uri.EscapeDataString(settings.Database ?? settings.Username ?? "")}{(query.Count == 0 ? "" : "?" + string.Join('&', query))}");
    }
}
