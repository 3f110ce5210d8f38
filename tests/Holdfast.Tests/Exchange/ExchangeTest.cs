using System.Text;
using Holdfast.Tests.Stores;

namespace Holdfast.Tests.Exchange;

/// <summary>Memories to export from and to import into, and sources made of lines.</summary>
internal static class ExchangeTest
{
    /// <summary>An empty memory at a place of its own, with a tenant that several of them may share.</summary>
    public static async Task<AgentMemory> EmptyAsync(Place place, string tenantId = "default")
    {
        var options = await TestPlaces.OptionsAsync(place);
        options.TenantId = tenantId;
        if (place != Place.LocalFile) options.Schema = await TestPlaces.NewSchemaAsync(place);
        return await AgentMemory.OpenAsync(options);
    }

    public static Task<ImportResult> ImportAsync(AgentMemory memory, string source, ImportOptions? options = null) =>
        ImportAsync(memory, Encoding.UTF8.GetBytes(source), options);

    public static async Task<ImportResult> ImportAsync(AgentMemory memory, byte[] source, ImportOptions? options = null) =>
        await new MemoryImport(memory, options).ReadAsync(new MemoryStream(source));

    public static async Task<string> ExportAsync(AgentMemory memory, ExportOptions? options = null)
    {
        using var target = new MemoryStream();
        await new MemoryExport(memory).WriteAsync(target, options);
        return Encoding.UTF8.GetString(target.ToArray());
    }

    public static string Message(string session, string content, string? createdAt = null, string more = "") =>
        $$"""{"user_id":"maria","session_id":"{{session}}","role":"user","content":"{{content}}"{{(createdAt is null ? "" : $",\"created_at\":\"{createdAt}\"")}}{{more}}}""";

    public static string Lines(params IEnumerable<string> lines) => string.Concat(lines.Select(line => line + "\n"));

    public static async Task<IReadOnlyList<string>> TextsAsync(AgentMemory memory, string session) =>
        [.. (await (await memory.OpenSessionAsync(session)).LoadAsync()).Select(one => one.Text)];
}
