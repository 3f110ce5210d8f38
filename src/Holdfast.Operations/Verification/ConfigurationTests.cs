using Holdfast.Providers.Configuration;

namespace Holdfast.Operations.Verification;

/// <summary>Whether what is configured can be used. A placeholder is not configured: that is no failure.</summary>
internal static class ConfigurationTests
{
    private const string NotConfigured = "not configured";

    public static void Run(TestList tests, HoldfastConfiguration configuration)
    {
        foreach (var error in configuration.Errors) tests.Add(null, "configuration", TestState.Failed, error, "holdfast config check");
        foreach (var warning in configuration.Warnings) tests.Skip(null, "configuration", $"warning: {warning}");
        foreach (var placeholder in configuration.Settings.Where(setting => setting.Note == NotConfigured))
            tests.Skip(null, $"configuration of {placeholder.Name}", $"{NotConfigured}: a placeholder in {placeholder.Source}");
        foreach (var provider in configuration.Options.Providers) Parse(tests, provider);
        if (configuration is { Options.Providers.Count: 0, Errors.Count: 0 }) tests.Skip(null, "configuration of providers", "none is configured: the memory is the local file");
    }

    private static void Parse(TestList tests, ProviderOptions provider)
    {
        try
        {
            var work = ProviderEndpoints.Work(provider);
            var control = ProviderEndpoints.Control(provider);
            tests.Add(provider.Name, "configuration", TestState.Passed, $"{work.Host}:{work.Port}/{work.Database}, role {work.Username}"
                + ((work.Host, work.Port) == (control.Host, control.Port) ? "" : $", control {control.Host}:{control.Port}"));
        }
        catch (InvalidInputException e)
        {
            tests.Add(provider.Name, "configuration", TestState.Failed, e.Message, "holdfast config check");
        }
    }
}
