using System.Text.Json;
using Xunit;

namespace Holdfast.Cli.Tests.Program;

/// <summary>What a run of the program left: its code and what it printed where.</summary>
internal sealed record Answer(int Code, string Out, string Errors)
{
    /// <summary>The one JSON object on standard output.</summary>
    public JsonElement Envelope => JsonElement.Parse(Out);

    /// <summary>The result within the envelope.</summary>
    public JsonElement Result => Done().Envelope.GetProperty("result");

    /// <summary>The result beside another exit code than 0: what was found.</summary>
    public JsonElement ResultWith(int code) => Ended(code).Envelope.GetProperty("result");

    public Answer Done() => Ended(0);

    public Answer Ended(int code)
    {
        Assert.True(Code == code, $"exit code {Code}, expected {code}\n--- out\n{Out}\n--- errors\n{Errors}");
        return this;
    }
}
