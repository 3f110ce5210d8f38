using System.Text.Json;
using System.Text.Json.Serialization;
using Holdfast.Rows;
using Holdfast.Tests.Rows;
using Holdfast.Tests.Stores;
using Xunit;

namespace Holdfast.Tests.Sessions;

/// <summary>Settings on both engines: typed, cached for a moment, announced when changed.</summary>
public abstract class SettingsContract(Place place) : IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private HoldfastOptions _options = new();
    private AgentMemory? _memory;

    private MemorySettings Settings => _memory!.Settings;

    public async ValueTask InitializeAsync()
    {
        _options = await TestPlaces.OptionsAsync(place);
        _options.TimeProvider = _time;
        _options.SettingsCacheFor = TimeSpan.FromSeconds(5);
        _memory = await AgentMemory.OpenAsync(_options);
    }

    public async ValueTask DisposeAsync()
    {
        if (_memory is not null) await _memory.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    private static JsonElement Json(string json) => JsonElement.Parse(json);

    [Fact]
    public async Task a_setting_is_read_as_it_was_set_and_as_a_type()
    {
        Assert.Null(await Settings.GetAsync("model", "options"));
        await Settings.SetAsync("model", "options", new Model("gpt", 0.5), SettingsJson.Default.Model);
        Assert.Equal(new Model("gpt", 0.5), await Settings.GetAsync("model", "options", SettingsJson.Default.Model));
        Assert.Equal(new Model("none", 0), await Settings.GetAsync("model", "absent", SettingsJson.Default.Model, new Model("none", 0)));
    }

    [Fact]
    public async Task settings_are_listed_by_category_and_name()
    {
        await Settings.SetAsync("b", "1", Json("1"));
        await Settings.SetAsync("a", "2", Json("2"));
        await Settings.SetAsync("a", "1", Json("3"));
        await Settings.SetAsync("a/1", "x", Json("4"));
        Assert.Equal(["a 1", "a 2", "a/1 x", "b 1"], await Settings.ListAsync().Select(setting => $"{setting.Category} {setting.Name}").ToListAsync());
        Assert.Equal(["3", "2"], await Settings.ListAsync("a").Select(setting => setting.Value.GetRawText()).ToListAsync());
    }

    [Fact]
    public async Task a_change_elsewhere_is_seen_when_the_cache_is_over_and_one_here_at_once()
    {
        await Settings.SetAsync("c", "n", Json("1"));
        Assert.Equal("1", (await Settings.GetAsync("c", "n"))!.Value.GetRawText());
        await using (var elsewhere = await AgentMemory.OpenAsync(_options)) await elsewhere.Settings.SetAsync("c", "n", Json("2"));
        Assert.Equal("1", (await Settings.GetAsync("c", "n"))!.Value.GetRawText());
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal("2", (await Settings.GetAsync("c", "n"))!.Value.GetRawText());
        await Settings.SetAsync("c", "n", Json("3"));
        Assert.Equal("3", (await Settings.GetAsync("c", "n"))!.Value.GetRawText());
    }

    [Fact]
    public async Task that_a_setting_is_absent_is_cached_too_until_it_is_set_here()
    {
        Assert.Null(await Settings.GetAsync("c", "n"));
        await Settings.SetAsync("c", "n", Json("1"));
        Assert.NotNull(await Settings.GetAsync("c", "n"));
    }

    [Fact]
    public async Task a_change_is_announced_with_what_was_before_and_a_refused_one_is_not()
    {
        var changes = new List<string>();
        Settings.Changed += (_, change) => changes.Add($"{change.Category}.{change.Name}: {change.Before?.GetRawText() ?? "-"} -> {change.After.GetRawText()}");
        var first = await Settings.SetAsync("c", "n", Json("1"));
        await Settings.SetAsync("c", "n", Json("2"), first);
        await Assert.ThrowsAsync<RevisionConflictException>(() => Settings.SetAsync("c", "n", Json("3"), first));
        await Assert.ThrowsAsync<InvalidInputException>(() => Settings.SetAsync("c", "", Json("3")));
        Assert.Equal(["c.n: - -> 1", "c.n: 1 -> 2"], changes);
        Assert.Equal("2", (await Settings.GetAsync("c", "n"))!.Value.GetRawText());
    }

    [Fact]
    public async Task tenants_have_settings_of_their_own()
    {
        await Settings.SetAsync("c", "n", Json("1"));
        _options.TenantId = TestPlaces.Unique("other");
        await using var other = await AgentMemory.OpenAsync(_options);
        Assert.Null(await other.Settings.GetAsync("c", "n"));
        Assert.Empty(await other.Settings.ListAsync().ToListAsync());
    }
}

public sealed class LocalFileSettingsTests() : SettingsContract(Place.LocalFile);

public sealed class PostgresSettingsTests() : SettingsContract(Place.Postgres);

internal sealed record Model(string Name, double Temperature);

[JsonSerializable(typeof(Model))]
internal sealed partial class SettingsJson : JsonSerializerContext;

public sealed class RowSecuritySettingsTests() : SettingsContract(Place.RowSecurity);
