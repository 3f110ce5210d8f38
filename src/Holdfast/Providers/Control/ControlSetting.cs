using System.Text.Json;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Providers.Control;

/// <summary>
/// The operator's decisions as a setting of the tenant <c>holdfast</c>: processes on other machines, which do not see the control
/// file, take them from their primary. It is written past the freeze switch: that is how a freeze ends.
/// </summary>
internal static class ControlSetting
{
    private const string Tenant = "holdfast";
    private const string Category = "control";
    private const string Name = "state";

    private static readonly string Key = RegisterKey.Join(Category, Name);

    /// <summary>The setting as a store has it; null: nothing was ever decided there. A store that does not answer throws.</summary>
    public static Task<RegisterValue?> ReadAsync(IRowAccess store, CancellationToken cancellationToken) =>
        RegisterQueries.ReadAsync(store, Tables.Settings, Tenant, Key, cancellationToken);

    /// <summary>What was decided; null where the setting is none of ours.</summary>
    public static ControlState? StateOf(RegisterValue? value)
    {
        if (value?.Content is not { } content) return null;
        try
        {
            return JsonContent.Read(content).GetProperty("value").Deserialize(ControlJson.Default.ControlState) is { ChangedBy: not null, Drained: not null } state ? state : null;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The row that makes <paramref name="state"/> the value above <paramref name="base"/>.</summary>
    public static Row Row(ControlState state, Stamp? @base, Clock clock)
    {
        var content = JsonContent.Object(
            ("category", JsonText.Quote(Category)), ("name", JsonText.Quote(Name)), ("value", JsonSerializer.Serialize(state, ControlJson.Default.ControlState)));
        return new RegisterDraft(Tables.Settings, Key, content).ToRow(Tenant, clock.Next(@base ?? Stamp.None), @base, clock.Now);
    }
}
