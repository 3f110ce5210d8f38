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

    /// <summary>Refuses, before anything is changed, a file in which a line cannot be read, and a server whose log-ins no line could name.</summary>
    /// <exception cref="InvalidInputException">Which line, or which server.</exception>
    public async Task CheckAsync(NpgsqlConnectionStringBuilder settings, CancellationToken cancellationToken)
    {
        Check();
        await LinesAsync(cancellationToken).ConfigureAwait(false);
        if (Find([Url(settings, "holdfast", "password")], settings, "holdfast") is null)
            throw new InvalidInputException("secrets", $"a URL cannot name the hosts {PostgresHosts.Text(settings)} as they stand in the provider's connection: sockets beside others, with another port than 5432. Name one host.");
    }

    /// <summary>Refuses a path that no file can stand at, before anything is changed.</summary>
    /// <exception cref="InvalidInputException">It is a folder, or its folder is not there.</exception>
    /// <exception cref="SchemaException">An earlier run left passwords beside it that may be the ones in force.</exception>
    private void Check()
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
        var lines = await File.ReadAllLinesAsync(path, cancellationToken).ConfigureAwait(false);
        for (var i = 0; i < lines.Length; i++)
            foreach (var url in UrlsOf([lines[i]])) PostgresUrl.Parse(url, FormattableString.Invariant($"secrets: line {i + 1} of {path}"));
        return lines;
    }

    /// <summary>The log-in of a role at the server of <paramref name="settings"/>, or null.</summary>
    public static NpgsqlConnectionStringBuilder? Find(IEnumerable<string> urls, NpgsqlConnectionStringBuilder settings, string role) =>
        urls.Select(url => PostgresUrl.Parse(url, "secrets")).FirstOrDefault(found => found.Username == role && IsAt(found, settings));

    /// <summary>Which roles have no log-in in it that can be used at this server, in words: the place is compared as it is written. Null: all have.</summary>
    /// <param name="urls">The log-ins.</param>
    /// <param name="settings">The server.</param>
    /// <param name="roles">Who should have one.</param>
    public string? Missing(IReadOnlyList<string> urls, NpgsqlConnectionStringBuilder settings, IEnumerable<string> roles)
    {
        var all = urls.Select(url => PostgresUrl.Parse(url, "secrets")).ToList();
        var without = roles.Where(role => !all.Any(found => found.Username == role && IsAt(found, settings))).ToList();
        if (without.Count == 0) return null;
        var elsewhere = all.Where(found => without.Contains(found.Username!)).Select(Place).Distinct().ToList();
        return $"{path} has no line for {string.Join(", ", without)} at {Place(settings)}, so their log-ins were not tried{(elsewhere.Count > 0 ? $"; it has them at {string.Join(", ", elsewhere)}: host, port and database must be written as in the provider's connection" : "")}.";
    }

    private static bool IsAt(NpgsqlConnectionStringBuilder found, NpgsqlConnectionStringBuilder settings) =>
        found.Database == settings.Database && PostgresHosts.Of(found).SequenceEqual(PostgresHosts.Of(settings));

    private static string Place(NpgsqlConnectionStringBuilder settings) => $"{PostgresHosts.Text(settings)}/{settings.Database}";

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
        if (settings.TargetSessionAttributes is { Length: > 0 } wanted) query.Add("target_session_attrs=" + Uri.EscapeDataString(wanted));
        var places = PostgresHosts.Of(settings);
        // A folder of sockets stands in a URL as libpq reads it: percent-encoded; among several hosts without a port.
        var hosts = string.Join(',', places.Select(place => !place.Host.StartsWith('/') ? PostgresHosts.Text(place.Host, place.Port) : places.Count > 1 ? Uri.EscapeDataString(place.Host)
            : PostgresHosts.Text(Uri.EscapeDataString(place.Host), place.Port)));
        return $"postgres://{role}:{password}@{hosts}/{Uri.EscapeDataString(settings.Database ?? settings.Username ?? "")}{(query.Count == 0 ? "" : "?" + string.Join('&', query))}";
    }
}
