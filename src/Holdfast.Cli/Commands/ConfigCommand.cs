using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast config</c>: check.</summary>
internal static class ConfigCommand
{
    public static Command Create() => CommandFactory.Group("config", "Where settings come from: check.",
        CommandFactory.Create("config check", "Prints every setting with its source, secrets masked, and what should be looked at. Connects to nothing.", "holdfast config check", [], CheckAsync));

    private static Task<ExitCode> CheckAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var configuration = ConfigurationReader.Read(invocation.Sources);
        var code = configuration.Errors.Count > 0 ? ExitCode.Usage : configuration.Warnings.Count > 0 ? ExitCode.Findings : ExitCode.Done;
        var providers = configuration.Errors.Count > 0 ? [] : configuration.Options.Providers.Select(ProviderItem.Of).ToList();
        var report = new ConfigurationReport(code == ExitCode.Done ? "good" : Naming.Snake(code == ExitCode.Usage ? "Unusable" : "Warnings"),
            [.. configuration.Settings.Select(setting => new ConfigurationItem(setting.Name, setting.MaskedValue, setting.Source, setting.Note, setting.Warning))], providers, [.. configuration.Warnings], [.. configuration.Errors]);
        return Task.FromResult(invocation.Print(report, CliJson.Default.ConfigurationReport, writer => Write(writer, report), code));
    }

    private static void Write(TextWriter writer, ConfigurationReport report)
    {
        if (report.Settings.Count == 0) writer.WriteLine("Nothing is set: the memory is the local file.");
        else TextColumns.Write(writer, ["SETTING", "VALUE", "SOURCE", "NOTE"], report.Settings.Select(setting => new[] { setting.Name, setting.Value, setting.Source, setting.Note ?? "" }));
        if (report.Providers.Count > 0)
        {
            writer.WriteLine();
            TextColumns.Write(writer, ["PROVIDER", "WORK", "CONTROL", "TLS"], report.Providers.Select(provider => new[] { provider.Name, provider.Work, provider.Control, provider.Tls }));
        }
        if (report.Warnings.Count + report.Errors.Count > 0) writer.WriteLine();
        foreach (var warning in report.Warnings) writer.WriteLine($"warning: {warning}");
        foreach (var error in report.Errors) writer.WriteLine($"unusable: {error}");
    }
}

/// <summary>What <c>config check</c> found.</summary>
internal sealed record ConfigurationReport(string Verdict, List<ConfigurationItem> Settings, List<ProviderItem> Providers, List<string> Warnings, List<string> Errors);

internal sealed record ConfigurationItem(string Name, string Value, string Source, string? Note, string? Warning);

/// <summary>A provider's two endpoints, in the order of preference.</summary>
internal sealed record ProviderItem(string Name, string Work, string Control, string Tls)
{
    public static ProviderItem Of(ProviderOptions provider)
    {
        var (work, control) = (ProviderEndpoints.Work(provider), ProviderEndpoints.Control(provider));
        return new(provider.Name, At(work), At(control), Naming.Snake(work.SslMode.ToString()).Replace('_', '-') + (work.RootCertificate is null ? "" : " (own CA)"));
    }

    private static string At(Npgsql.NpgsqlConnectionStringBuilder settings) =>
        settings.Host!.Contains(',', StringComparison.Ordinal) ? settings.Host : $"{settings.Host}:{settings.Port}";
}
