using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>Settings by category and name, typed, with a short cache; a change made in this process is announced in it.</summary>
public sealed class MemorySettings
{
    private readonly MemoryWriter _writer;
    private readonly TimeSpan _cacheFor;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, (Setting? Value, long ReadAt)> _cache = new(StringComparer.Ordinal);

    internal MemorySettings(MemoryWriter writer, TimeSpan cacheFor, TimeProvider time)
    {
        _writer = writer;
        _cacheFor = cacheFor;
        _time = time;
    }

    /// <summary>Raised after a setting was changed through this object.</summary>
    public event EventHandler<SettingChangedEventArgs>? Changed;

    /// <summary>A setting; null when there is none. A store that does not answer throws: "unknown" is not "not set".</summary>
    public async Task<Setting?> GetAsync(string category, string name, CancellationToken cancellationToken = default)
    {
        var key = Key(category, name);
        if (_cache.TryGetValue(key, out var cached) && _time.GetElapsedTime(cached.ReadAt) < _cacheFor) return cached.Value;
        var readAt = _time.GetTimestamp();
        var value = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
        _cache[key] = (value, readAt);
        return value;
    }

    /// <summary>A setting as a type of your own; <paramref name="otherwise"/> when there is none.</summary>
    public async Task<T?> GetAsync<T>(string category, string name, JsonTypeInfo<T> typeInfo, T? otherwise = default, CancellationToken cancellationToken = default) =>
        await GetAsync(category, name, cancellationToken).ConfigureAwait(false) is { } setting ? setting.Value.Deserialize(typeInfo) : otherwise;

    /// <summary>Sets a value of any JSON.</summary>
    /// <param name="category">The category (at most 512 bytes).</param>
    /// <param name="name">The name (at most 512 bytes).</param>
    /// <param name="value">The value.</param>
    /// <param name="expectedRevision">Set it only if the setting is still at this revision.</param>
    /// <param name="cancellationToken">Releases the caller.</param>
    /// <returns>The new revision.</returns>
    /// <exception cref="RevisionConflictException">Somebody changed it meanwhile; nothing was written.</exception>
    public async Task<Stamp> SetAsync(string category, string name, JsonElement value, Stamp? expectedRevision = null, CancellationToken cancellationToken = default)
    {
        var key = Key(category, name);
        var content = JsonContent.Object(
            ("category", JsonText.Quote(category)), ("name", JsonText.Quote(name)),
            ("value", JsonContent.Of("value", value) ?? throw new InvalidInputException("value", "is missing; give it any JSON value.")));
        var draft = new RegisterDraft(Tables.Settings, key, content);
        var before = await ReadAsync(key, cancellationToken).ConfigureAwait(false);
        var revision = expectedRevision is { } expected
            ? await _writer.CompareAndSetAsync(draft, expected, cancellationToken).ConfigureAwait(false)
            : await _writer.ReviseAsync(draft, before?.Revision, cancellationToken).ConfigureAwait(false);
        _cache.TryRemove(key, out _);
        Changed?.Invoke(this, new SettingChangedEventArgs(category, name, before?.Value, value));
        return revision;
    }

    /// <summary>Sets a value of a type of your own.</summary>
    public Task<Stamp> SetAsync<T>(string category, string name, T value, JsonTypeInfo<T> typeInfo, Stamp? expectedRevision = null, CancellationToken cancellationToken = default) =>
        SetAsync(category, name, JsonSerializer.SerializeToElement(value, typeInfo), expectedRevision, cancellationToken);

    /// <summary>All settings, or those of one category, by category and name.</summary>
    public IAsyncEnumerable<Setting> ListAsync(string? category = null, CancellationToken cancellationToken = default) =>
        SettingQueries.ListAsync(_writer.Store, _writer.TenantId, Check.Text("category", category, Limits.IdBytesMax), row => Setting.Read(row.Stamp(0), row.Text(1)), cancellationToken);

    internal void Forget() => _cache.Clear();

    private async Task<Setting?> ReadAsync(string key, CancellationToken cancellationToken) =>
        await RegisterQueries.ReadAsync(_writer.Store, Tables.Settings, _writer.TenantId, key, cancellationToken).ConfigureAwait(false) is { Content: { } content } value
            ? Setting.Read(value.Revision, content) : null;

    private static string Key(string category, string name) => RegisterKey.Join(Check.Id("category", category, Limits.IdBytesMax), Check.Id("name", name, Limits.IdBytesMax));
}

/// <summary>A setting.</summary>
/// <param name="Category">Its category.</param>
/// <param name="Name">Its name within the category.</param>
/// <param name="Value">Its value: any JSON.</param>
/// <param name="Revision">What a change names as <c>expectedRevision</c>.</param>
public sealed record Setting(string Category, string Name, JsonElement Value, Stamp Revision)
{
    internal static Setting Read(Stamp revision, string content)
    {
        var json = JsonContent.Read(content);
        return new Setting(json.GetProperty("category").GetString()!, json.GetProperty("name").GetString()!, json.GetProperty("value"), revision);
    }
}

/// <summary>What was changed, from what to what.</summary>
/// <param name="category">The setting's category.</param>
/// <param name="name">The setting's name.</param>
/// <param name="before">The value before, or null.</param>
/// <param name="after">The value now.</param>
public sealed class SettingChangedEventArgs(string category, string name, JsonElement? before, JsonElement after) : EventArgs
{
    /// <summary>The setting's category.</summary>
    public string Category { get; } = category;

    /// <summary>The setting's name.</summary>
    public string Name { get; } = name;

    /// <summary>The value before, or null when it was not set.</summary>
    public JsonElement? Before { get; } = before;

    /// <summary>The value now.</summary>
    public JsonElement After { get; } = after;
}
