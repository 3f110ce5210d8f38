using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Cli.Output;
using Holdfast.Cli.Targets;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>One run of a command: its options, its target, and where its answer goes.</summary>
internal sealed class Invocation(ParseResult parse, string command)
{
    private const string Schema = "holdfast.v1";

    public bool Json => parse.GetValue(GlobalOptions.Json);

    /// <summary>The command's name: <c>session list</c>.</summary>
    public string Command => command;

    public bool DryRun => parse.GetValue(GlobalOptions.DryRun);

    public bool Yes => parse.GetValue(GlobalOptions.Yes);

    public ConfigurationSources Sources => StoreTarget.Sources(parse);

    public StoreTarget Target => field ??= StoreTarget.Choose(parse);

    /// <summary>The line as it was typed, with one option more, to be copied.</summary>
    public string Again(string option)
    {
        var words = parse.Tokens.Select(token => ShellWord.Of(token.Value)).ToList();
        // Behind a lone -- it would be a text.
        words.Insert(parse.Tokens.TakeWhile(token => token.Type != TokenType.DoubleDash).Count(), option);
        return $"holdfast {string.Join(' ', words)}";
    }

    public T? Get<T>(Option<T> option) => parse.GetValue(option);

    public T Get<T>(Argument<T> argument) => parse.GetValue(argument)!;

    /// <summary>Says, before anything is changed, what it will be changed in.</summary>
    public void AnnounceTarget() => Note($"target: {Target.Name}  {Target.Address}");

    /// <summary>A remark for people: never part of the result.</summary>
    public static void Note(string text) => Console.Error.WriteLine(text);

    public Task<AgentMemory> OpenAsync(CancellationToken cancellationToken) => AgentMemory.OpenAsync(Target.Options, cancellationToken);

    /// <summary>Prints the result: the envelope for programs, or what <paramref name="print"/> writes for people.</summary>
    public ExitCode Print<T>(T result, JsonTypeInfo<T> type, Action<TextWriter> print, ExitCode code = ExitCode.Done)
    {
        if (Json) WriteEnvelope(writer =>
        {
            writer.WritePropertyName("result");
            JsonSerializer.Serialize(writer, result, type);
        });
        else print(Console.Out);
        return code;
    }

    /// <summary>Prints the result, and its members beside it once more: for readers from before the envelope.</summary>
    public ExitCode PrintFlat<T>(T result, JsonTypeInfo<T> type, Action<TextWriter> print, ExitCode code)
    {
        if (!Json) return Print(result, type, print, code);
        WriteEnvelope(writer =>
        {
            var element = JsonSerializer.SerializeToElement(result, type);
            foreach (var member in element.EnumerateObject()) member.WriteTo(writer);
            writer.WritePropertyName("result");
            element.WriteTo(writer);
        });
        return code;
    }

    public ExitCode Print(CliError error)
    {
        error = SaidOptions.Complete(this, error);
        if (Json) WriteEnvelope(writer =>
        {
            writer.WriteStartObject("error");
            writer.WriteString("code", Naming.Snake(error.Code.ToString()));
            writer.WriteString("message", error.Message);
            writer.WriteString("subject", command);
            writer.WriteString("suggestion", error.Suggestion);
            writer.WriteEndObject();
        });
        return Note(error);
    }

    /// <summary>The error line and its hint alone, where standard output has the result already.</summary>
    public ExitCode Note(CliError error)
    {
        error = SaidOptions.Complete(this, error);
        var colour = Terminal.Colour(parse.GetValue(GlobalOptions.NoColor), toErrors: true);
        Console.Error.WriteLine(colour ? $"\e[31merror:\e[0m {error.Message}" : $"error: {error.Message}");
        if (error.Suggestion is { } suggestion) Console.Error.WriteLine($"hint: {suggestion}");
        return error.Code;
    }

    private void WriteEnvelope(Action<Utf8JsonWriter> body)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer, new JsonWriterOptions { Indented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            writer.WriteStartObject();
            writer.WriteString("schema", Schema);
            writer.WriteString("command", command);
            body(writer);
            writer.WriteEndObject();
        }
        Console.Out.WriteLine(Encoding.UTF8.GetString(buffer.ToArray()));
    }
}
