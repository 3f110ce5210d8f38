using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>Which servers the commands about schemas look at, and by what.</summary>
internal static class DriftTargets
{
    /// <summary>All that are configured, the one that leads first; with <c>--url-file</c> that server alone.</summary>
    /// <exception cref="CliException">There is none.</exception>
    public static IReadOnlyList<DriftTarget> All(Invocation invocation) =>
        ProviderChoice.Read(invocation).Options.Providers is { Count: > 0 } providers && invocation.Get(GlobalOptions.Provider) != OptionsCheck.Local
            ? [.. providers.Select(provider => new DriftTarget(provider.Name, ProviderEndpoints.Control(provider)))]
            : throw new CliException(ExitCode.Usage, "No provider is configured: the memory is the local file, whose schema is made anew by each version that opens it.", "holdfast config check");

    /// <summary>The one that was named by <c>--provider</c>, or all.</summary>
    public static IReadOnlyList<DriftTarget> Named(Invocation invocation, IReadOnlyList<DriftTarget> all) =>
        ProviderChoice.Name(invocation, ProviderChoice.Read(invocation), null) is { } name && invocation.Get(GlobalOptions.UrlFile) is null ? [Find(all, name)] : all;

    public static DriftTarget Find(IReadOnlyList<DriftTarget> all, string name) => all.FirstOrDefault(target => target.Name.Equals(name, StringComparison.OrdinalIgnoreCase))
        ?? throw new CliException(ExitCode.Usage, $"There is no provider '{name}'; there is: {string.Join(", ", all.Select(target => target.Name))}.", "'holdfast config check' shows what is set.");

    public static void Announce(IEnumerable<DriftTarget> targets, string schema)
    {
        foreach (var target in targets) Invocation.Note($"target: {target.Name}  {target.Address} schema {schema} role {target.Settings.Username}");
    }
}
