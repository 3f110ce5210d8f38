using System.CommandLine;
using System.Text.Json;
using Holdfast.Cli.Output;
using Holdfast.Rows;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast setting</c>: get, set, list.</summary>
internal static class SettingCommand
{
    private static readonly Argument<string> Category = new("category") { Description = "The category, for instance 'llm'." };
    private static readonly Argument<string> Name = new("name") { Description = "The name within the category." };
    private static readonly Argument<string> Value = new("value") { Description = "The value: JSON, or a text that is taken as it is." };
    private static readonly Option<string> OfCategory = new("--category") { Description = "Only of this category.", HelpName = "NAME" };
    private static readonly Option<string> Expected = new("--expected-revision") { Description = "Change it only if it is still at this revision.", HelpName = "STAMP" };

    public static Command Create() => CommandFactory.Group("setting", "Settings by category and name: get, set, list.",
        CommandFactory.Create("setting get", "Prints a setting's value.", "holdfast setting get llm model", [Category, Name], GetAsync),
        CommandFactory.Create("setting set", "Sets a value.", "holdfast setting set llm temperature 0.2", [Category, Name, Value, Expected], SetAsync),
        CommandFactory.Create("setting list", "Lists settings.", "holdfast setting list --category llm", [OfCategory], ListAsync));

    private static async Task<ExitCode> GetAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var (category, name) = (invocation.Get(Category), invocation.Get(Name));
        var setting = await memory.Settings.GetAsync(category, name, cancellationToken)
            ?? throw new CliException(ExitCode.NotFound, $"There is no setting '{category}/{name}'.", $"holdfast setting list --category {category}");
        return invocation.Print(SettingItem.Of(setting), CliJson.Default.SettingItem, writer => writer.WriteLine(Plain(setting.Value)));
    }

    private static async Task<ExitCode> SetAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (category, name, text) = (invocation.Get(Category), invocation.Get(Name), invocation.Get(Value));
        var value = ValueOf(text);
        Stamp? expected = invocation.Get(Expected) is not { } revision ? null : Stamp.TryParse(revision, out var stamp) ? stamp
            : throw new CliException(ExitCode.Usage, $"--expected-revision: '{revision}' is no revision; 'holdfast setting get {category} {name} --json' prints it.");
        invocation.AnnounceTarget();
        if (invocation.DryRun) return invocation.Print(new ChangeReport($"{category}/{name}", "would_be_set"), CliJson.Default.ChangeReport, writer => writer.WriteLine($"{category}/{name}  would be set to {Plain(value)}"));
        await using var memory = await invocation.OpenAsync(cancellationToken);
        await memory.Settings.SetAsync(category, name, value, expected, cancellationToken);
        var stored = await memory.Settings.GetAsync(category, name, cancellationToken);
        return invocation.Print(SettingItem.Of(stored!), CliJson.Default.SettingItem, writer => writer.WriteLine($"{category}/{name} = {Plain(stored!.Value)}"));
    }

    private static async Task<ExitCode> ListAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var settings = await memory.Settings.ListAsync(invocation.Get(OfCategory), cancellationToken).ToListAsync(cancellationToken);
        return invocation.Print([.. settings.Select(SettingItem.Of)], CliJson.Default.ListSettingItem, writer =>
        {
            if (settings.Count == 0) Invocation.Note("no settings");
            else TextColumns.Write(writer, ["CATEGORY", "NAME", "VALUE"], settings.Select(setting => new[] { setting.Category, setting.Name, Plain(setting.Value) }));
        });
    }

    private static JsonElement ValueOf(string text)
    {
        try
        {
            return RememberCommand.JsonOf("value", text);
        }
        catch (InvalidInputException e) when (e.Message.Contains("is not JSON", StringComparison.Ordinal))
        {
            return JsonElement.Parse(JsonContent.OfText("value", text)!);
        }
    }

    private static string Plain(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();
}

/// <summary>A setting as the command line prints it.</summary>
internal sealed record SettingItem(string Category, string Name, JsonElement Value, string Revision)
{
    public static SettingItem Of(Setting setting) => new(setting.Category, setting.Name, setting.Value, setting.Revision.ToString());
}
