using System.Collections;
using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Stores.Postgres;

namespace Holdfast.Cli.Targets;

/// <summary>The store that a command works on. Its URL comes from the environment or a file, never from the command line.</summary>
internal sealed record StoreTarget(string Name, string Address, HoldfastOptions Options)
{
    public const string Local = "local";
    private const string Prefix = "HOLDFAST_PROVIDER_";

    public bool IsLocal => Options.Connection is null;

    public static StoreTarget Choose(ParseResult parse)
    {
        var tenant = parse.GetValue(GlobalOptions.Tenant) ?? "default";
        if (parse.GetValue(GlobalOptions.UrlFile) is { } file) return Server("url-file", ReadUrl(file), tenant);
        var providers = Providers();
        return parse.GetValue(GlobalOptions.Provider) switch
        {
            Local => LocalFile(tenant),
            { } name when providers.TryGetValue(name, out var url) => Server(name.ToLowerInvariant(), url, tenant),
            { } name => throw new CliException(ExitCode.Usage, $"There is no provider '{name}'; there is: {string.Join(", ", providers.Keys.Prepend(Local))}.", $"Set {Prefix}{name.ToUpperInvariant()} to its URL."),
            null when providers.Count == 0 => LocalFile(tenant),
            null when providers.Count == 1 => Server(providers.Single().Key, providers.Single().Value, tenant),
            null => throw new CliException(ExitCode.Usage, $"Several providers are set: {string.Join(", ", providers.Keys)}.", "Say which one with --provider NAME, or --provider local."),
        };
    }

    /// <summary>Another folder for the local file, for what must not touch the user's own.</summary>
    public static StoreTarget Folder(string home) => new(Local, HoldfastHome.LocalFile(home), new HoldfastOptions { Home = home });

    private static string ReadUrl(FileInfo file) => file.Exists && File.ReadAllText(file.FullName).Trim() is { Length: > 0 } url ? url
        : throw new CliException(ExitCode.Usage, $"--url-file: {file.FullName} is missing or empty.", "Put the server's URL there: postgres://user:password@host:5432/database");

    private static StoreTarget LocalFile(string tenant) => new(Local, HoldfastHome.LocalFile(), new HoldfastOptions { TenantId = tenant });

    private static StoreTarget Server(string name, string url, string tenant)
    {
        var settings = PostgresUrl.Parse(url);
        return new(name.ToLowerInvariant(), $"{settings.Host}:{settings.Port}/{settings.Database}  role {settings.Username}", new HoldfastOptions { Connection = url, TenantId = tenant });
    }

    private static SortedDictionary<string, string> Providers()
    {
        var providers = new SortedDictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (DictionaryEntry variable in Environment.GetEnvironmentVariables())
            if (variable.Key is string name && name.StartsWith(Prefix, StringComparison.Ordinal) && name.Length > Prefix.Length && variable.Value is string { Length: > 0 } url)
                providers[name[Prefix.Length..].ToLowerInvariant()] = url;
        return providers;
    }
}
