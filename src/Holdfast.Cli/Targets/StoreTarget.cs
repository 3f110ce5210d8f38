using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Targets;

/// <summary>The store, or the set of them, that a command works on. Secrets come from the environment or a file, never from the command line.</summary>
/// <param name="Name">The provider's name, <c>local</c>, or <c>all</c>.</param>
/// <param name="Address">Where it is, without secrets.</param>
/// <param name="Options">How it is opened.</param>
internal sealed record StoreTarget(string Name, string Address, HoldfastOptions Options)
{
    public const string Local = OptionsCheck.Local;
    public const string All = "all";

    public bool IsLocal => Servers.Count == 0;

    /// <summary>The PostgreSQL servers behind it.</summary>
    public IReadOnlyList<ProviderOptions> Servers { get; private init; } = [];

    public static StoreTarget Choose(ParseResult parse)
    {
        var configuration = ConfigurationReader.Read(Sources(parse));
        var options = configuration.Options;
        if (parse.GetValue(GlobalOptions.UrlFile) is { } file) return One(new ProviderOptions { Name = "url-file", Connection = ReadUrl(file) }, options);
        if (parse.GetValue(GlobalOptions.Provider) is { } name)
            return name == Local ? LocalFile(options)
                : name == All && options.Providers.Count > 0 && !options.Providers.Any(provider => provider.Name == All) ? Whole(configuration.Require())
                : options.Providers.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } provider ? One(provider, options)
                : throw new CliException(ExitCode.Usage, $"There is no provider '{name}'; there is: {string.Join(", ", options.Providers.Select(provider => provider.Name).Prepend(Local))}.",
                    $"Set {SettingNames.ProviderPrefix}{name.ToUpperInvariant()} to its URL; 'holdfast config check' shows what is set.");
        options = configuration.Require();
        return options.Providers.Count == 0 ? LocalFile(options) : Whole(options);
    }

    /// <summary>Another folder for the local file, for what must not touch the user's own.</summary>
    public static StoreTarget Folder(string home) => new(Local, HoldfastHome.LocalFile(home), new HoldfastOptions { Home = home });

    /// <summary>Where configuration comes from in this run.</summary>
    public static ConfigurationSources Sources(ParseResult parse) => ConfigurationSources.OfProcess(
        parse.GetValue(GlobalOptions.Tenant) is { } tenant ? new Dictionary<string, string> { [SettingNames.Tenant] = tenant } : null);

    private static string ReadUrl(FileInfo file) => file.Exists && File.ReadAllText(file.FullName).Trim() is { Length: > 0 } url ? url
        : throw new CliException(ExitCode.Usage, $"--url-file: {file.FullName} is missing or empty.", "Put the server's URL there: postgres://user:password@host:5432/database");

    private static StoreTarget Whole(HoldfastOptions options) =>
        new(All, string.Join(", ", options.Providers.Select(provider => provider.Name)), options) { Servers = [.. options.Providers] };

    private static StoreTarget LocalFile(HoldfastOptions options)
    {
        var own = With(options, null);
        return new(Local, own.LocalFile ?? HoldfastHome.LocalFile(own.Home), own);
    }

    private static StoreTarget One(ProviderOptions provider, HoldfastOptions options)
    {
        var work = ProviderEndpoints.Work(provider);
        return new(provider.Name, $"{work.Host}:{work.Port}/{work.Database}  role {work.Username}", With(options, work.ConnectionString)) { Servers = [provider] };
    }

    private static HoldfastOptions With(HoldfastOptions options, Secret? connection) =>
        new() { Connection = connection, Home = options.Home, LocalFile = options.LocalFile, TenantId = options.TenantId, Schema = options.Schema };
}
