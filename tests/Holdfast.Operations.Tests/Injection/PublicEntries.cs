using System.Reflection;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Holdfast.Operations.Tests.Injection;

/// <summary>
/// Every public method of a memory and of what it gives out, called with one text wherever a text can stand. A method of tomorrow
/// is called too; one that takes something unknown here makes the test fail until it is taught.
/// </summary>
internal sealed class PublicEntries(AgentMemory memory)
{
    private const int ItemsMax = 20;

    /// <summary>They run the application's own SQL: that is what they are for.</summary>
    private static readonly string[] OwnSql = ["ProviderSet.ExecuteAsync", "ProviderSet.QueryAsync"];

    private static readonly string[] Ends = ["DisposeAsync", "Dispose"];

    private int _drafts;

    /// <summary>Which methods there are.</summary>
    public static IReadOnlyList<(Type Type, MethodInfo Method)> All { get; } = [.. Types(typeof(AgentMemory), [])
        .SelectMany(type => type.GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly).Select(method => (type, method)))
        .Where(entry => !entry.method.IsSpecialName && !Ends.Contains(entry.method.Name) && !OwnSql.Contains($"{entry.type.Name}.{entry.method.Name}"))
        .Where(entry => entry.method.GetBaseDefinition().DeclaringType != typeof(object) && entry.method.ReturnType != typeof(bool))];

    /// <summary>All of them, of this memory.</summary>
    public IReadOnlyList<HostileEntry> Entries => [.. All.Select(entry => new HostileEntry($"{entry.Type.Name}.{entry.Method.Name}", text => CallAsync(entry.Method, text)))];

    /// <summary>Calls one; what it throws is thrown, what it answers is read to its end.</summary>
    private async Task<object?> CallAsync(MethodInfo method, string text)
    {
        var target = await TargetAsync(method.DeclaringType!, text);
        if (target is null) return null;
        if (method.IsGenericMethodDefinition) method = method.MakeGenericMethod(typeof(string));
        var arguments = new List<object?>();
        foreach (var parameter in method.GetParameters()) arguments.Add(await ValueAsync(parameter.ParameterType, parameter.Name!, text));
        var answer = await DrainAsync(method.Invoke(target, BindingFlags.DoNotWrapExceptions, null, [.. arguments], null));
        // What was written into a stream is an answer, too.
        return arguments.OfType<MemoryStream>().FirstOrDefault() is { } stream ? Encoding.UTF8.GetString(stream.ToArray()) : answer;
    }

    private async Task<object?> TargetAsync(Type type, string text)
    {
        if (type == typeof(AgentMemory)) return memory;
        if (type == typeof(Session)) return await SessionAsync(text);
        if (type == typeof(MemoryExport)) return new MemoryExport(memory);
        if (type == typeof(MemoryImport)) return new MemoryImport(memory);
        return typeof(AgentMemory).GetProperties().Single(property => property.PropertyType == type).GetValue(memory);
    }

    private async Task<Session> SessionAsync(string text)
    {
        try
        {
            return await memory.OpenSessionAsync(text, text);
        }
        catch (InvalidInputException)
        {
            return await memory.OpenSessionAsync("an ordinary session");
        }
    }

    private async Task<object?> ValueAsync(Type type, string name, string text)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type == typeof(string)) return text;
        if (type == typeof(CancellationToken)) return CancellationToken.None;
        if (type == typeof(int)) return 5;
        if (type == typeof(bool)) return true;
        if (type == typeof(double)) return 1.5;
        if (type == typeof(TimeSpan)) return TimeSpan.FromMinutes(1);
        if (type == typeof(Guid)) return new Guid(++_drafts, 0, 0, new byte[8]);
        if (type == typeof(DateTimeOffset)) return new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        // A revision or a place that does not exist would end the call before its texts are used.
        if (type.Name == "Stamp") return name == "expectedRevision" ? null : Activator.CreateInstance(type);
        if (type.IsEnum) return Enum.GetValues(type).GetValue(0);
        if (type == typeof(JsonElement)) return Json(text);
        if (type == typeof(ChatMessage)) return new ChatMessage(ChatRole.User, text) { AuthorName = text };
        if (type == typeof(IEnumerable<ChatMessage>)) return new[] { new ChatMessage(ChatRole.User, text) };
        if (type == typeof(Stream)) return name == "target" ? new MemoryStream() : new MemoryStream(Encoding.UTF8.GetBytes(Json(text).GetRawText()));
        if (type.Name.StartsWith("JsonTypeInfo", StringComparison.Ordinal)) return JsonSerializerOptions.Default.GetTypeInfo(typeof(string));
        if (type.Name.StartsWith("IProgress", StringComparison.Ordinal)) return null;
        if (type == typeof(ClaimedJob)) return await ClaimedAsync();
        if (typeof(IEnumerable<string>).IsAssignableFrom(type) && type.IsInterface) return new[] { text };
        if (type.Namespace?.StartsWith("Holdfast", StringComparison.Ordinal) == true && type.IsClass) return await MadeAsync(type, text);
        throw new InvalidOperationException($"Teach {nameof(PublicEntries)} to make a {type} for '{name}'.");
    }

    private async Task<object> MadeAsync(Type type, string text)
    {
        var constructor = type.GetConstructors().OrderBy(one => one.GetParameters().Length).Last();
        var arguments = new List<object?>();
        foreach (var parameter in constructor.GetParameters()) arguments.Add(await ValueAsync(parameter.ParameterType, parameter.Name!, text));
        var made = constructor.Invoke([.. arguments]);
        foreach (var property in type.GetProperties().Where(property => property.CanWrite && property.PropertyType != typeof(bool) && property.PropertyType != typeof(int)))
            property.SetValue(made, await ValueAsync(property.PropertyType, property.Name, text));
        return made;
    }

    private async Task<ClaimedJob> ClaimedAsync()
    {
        await memory.Jobs.EnqueueAsync(JobKind.ResearchStaging, Json("x"));
        return (await memory.Jobs.ClaimAsync(JobKind.ResearchStaging, "worker", TimeSpan.FromMinutes(1)))[0];
    }

    // A half of a surrogate pair cannot be written as JSON at all.
    private static JsonElement Json(string text) => text.Contains('\uD800', StringComparison.Ordinal) ? Json("half a pair") : JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["value"] = text, [text] = "value" });

    private static async Task<object?> DrainAsync(object? answer)
    {
        switch (answer)
        {
            case Task task:
                await task;
                return Of(task);
            case ValueTask task:
                await task;
                return null;
            case null: return null;
        }
        var type = answer.GetType();
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>)) return await DrainAsync(type.GetMethod("AsTask")!.Invoke(answer, null));
        var stream = type.GetInterfaces().FirstOrDefault(one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IAsyncEnumerable<>));
        return stream is null ? null : await DrainAsync(typeof(PublicEntries).GetMethod(nameof(ReadAsync), BindingFlags.NonPublic | BindingFlags.Static)!.MakeGenericMethod(stream.GetGenericArguments()[0]).Invoke(null, [answer])!);
    }

    // Also of a task whose own type is hidden behind that of an async method.
    private static object? Of(Task task) => task.GetType().GetProperty("Result")?.GetValue(task) is { } value && value.GetType().Name != "VoidTaskResult" ? value : null;

    private static async Task<List<T>> ReadAsync<T>(IAsyncEnumerable<T> items)
    {
        var read = new List<T>();
        await foreach (var item in items)
        {
            read.Add(item);
            if (read.Count == ItemsMax) break;
        }
        return read;
    }

    private static HashSet<Type> Types(Type type, HashSet<Type> seen)
    {
        if (type.Assembly != typeof(AgentMemory).Assembly || type.IsEnum || !seen.Add(type)) return seen;
        if (type != typeof(AgentMemory)) return seen;
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => !property.PropertyType.IsValueType)) Types(property.PropertyType, seen);
        seen.UnionWith([typeof(Session), typeof(MemoryExport), typeof(MemoryImport)]);
        return seen;
    }
}
