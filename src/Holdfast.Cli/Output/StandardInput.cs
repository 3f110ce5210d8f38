using System.Text;

namespace Holdfast.Cli.Output;

/// <summary>A text from standard input, exactly as it came, but for the line end that shells put behind it.</summary>
internal static class StandardInput
{
    /// <exception cref="CliException">It is no UTF-8: read leniently, it would be stored changed.</exception>
    public static async Task<string> ReadTextAsync(CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(Console.OpenStandardInput(), new UTF8Encoding(false, throwOnInvalidBytes: true));
        try
        {
            var text = await reader.ReadToEndAsync(cancellationToken);
            return text.EndsWith('\n') ? text[..^(text.EndsWith("\r\n", StringComparison.Ordinal) ? 2 : 1)] : text;
        }
        catch (DecoderFallbackException e)
        {
            throw new CliException(ExitCode.Usage, $"Standard input is no UTF-8 text: {e.Message}", "Convert it first, for instance with iconv.");
        }
    }
}
