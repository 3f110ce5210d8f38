namespace Holdfast.Providers.Control;

/// <summary>What an operator has decided for all processes of a memory. The newest decision counts, wherever it was made.</summary>
/// <param name="ChangedAt">When it was decided.</param>
/// <param name="ChangedBy">By whom: user and machine.</param>
/// <param name="FrozenSince">Since when all writes are stopped; null: they are not.</param>
/// <param name="Use">The provider that is to lead; null: the order decides.</param>
/// <param name="Drained">Providers that are not to be used.</param>
internal sealed record ControlState(DateTimeOffset ChangedAt, string ChangedBy, DateTimeOffset? FrozenSince, string? Use, IReadOnlyList<string> Drained)
{
    public static readonly ControlState None = new(DateTimeOffset.UnixEpoch, "nobody", null, null, []);
}
