using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Holdfast.Providers.Configuration;

/// <summary>Fills options from a section of a host's configuration.</summary>
internal static class HoldfastSection
{
    private const string Source = "configuration";

    /// <exception cref="InvalidInputException">The section cannot be used; the message names the key, never its value.</exception>
    public static void Bind(IConfiguration section, HoldfastOptions options)
    {
        var pairs = section.AsEnumerable(makePathsRelative: true).Where(pair => !pair.Key.Equals(nameof(options.Connection), StringComparison.OrdinalIgnoreCase)).ToList();
        if (section[nameof(options.Connection)] is { } connection && !SettingText.IsPlaceholder(connection)) options.Connection = connection;
        var read = ConfigurationReader.Read(pairs, Source, options);
        _ = read.Require();
        // In a host a key that is no setting is an error: nobody sees warnings there.
        if (read.Warnings.FirstOrDefault(warning => warning.StartsWith($"{Source}: ", StringComparison.Ordinal)) is { } unknown) throw new InvalidInputException(Source, unknown[(Source.Length + 2)..]);
    }
}

/// <summary>Checks options when the host starts.</summary>
internal sealed class HoldfastOptionsValidator : IValidateOptions<HoldfastOptions>
{
    public ValidateOptionsResult Validate(string? name, HoldfastOptions options)
    {
        try
        {
            options.Validate();
            return ValidateOptionsResult.Success;
        }
        catch (InvalidInputException e)
        {
            return ValidateOptionsResult.Fail(e.Message);
        }
    }
}
