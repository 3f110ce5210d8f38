using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>The whole configuration, as commands that examine providers need it: also where it cannot be used, and without choosing one of them.</summary>
internal static class ProviderChoice
{
    /// <summary>What is configured; with <c>--url-file</c> that server alone.</summary>
    public static HoldfastConfiguration Read(Invocation invocation)
    {
        var configuration = ConfigurationReader.Read(invocation.Sources);
        if (invocation.Get(GlobalOptions.UrlFile) is null) return configuration;
        var target = invocation.Target;
        var options = new HoldfastOptions { Home = configuration.Options.Home, LocalFile = configuration.Options.LocalFile, TenantId = configuration.Options.TenantId, Schema = configuration.Options.Schema };
        foreach (var server in target.Servers) options.Providers.Add(server);
        return new HoldfastConfiguration(options, [], [], []);
    }

    /// <summary>The one that was named, by argument or by <c>--provider</c>; null: none was.</summary>
    public static string? Name(Invocation invocation, HoldfastConfiguration configuration, string? argument)
    {
        if ((argument ?? invocation.Get(GlobalOptions.Provider)) is not { } name) return null;
        return configuration.Options.Providers.FirstOrDefault(provider => provider.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Name
            ?? throw new CliException(ExitCode.Usage, $"There is no provider '{name}'; there is: {string.Join(", ", configuration.Options.Providers.Select(provider => provider.Name))}.",
                "'holdfast config check' shows what is set.");
    }

    /// <summary>Where a provider is, without secrets.</summary>
    public static string Address(ProviderOptions provider)
    {
        var work = ProviderEndpoints.Work(provider);
        return $"{work.Host}:{work.Port}/{work.Database}  role {work.Username}";
    }
}
