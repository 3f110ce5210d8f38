using Holdfast.Rows;

namespace Holdfast.Relay.Conflicts;

/// <summary>Revisions of one register that were made from the same value, none knowing of the others.</summary>
/// <param name="Register">The register.</param>
/// <param name="Key">Its key.</param>
/// <param name="Base">What they were made from; null: there was nothing yet.</param>
/// <param name="Sides">The revisions, oldest first.</param>
internal sealed record RevisionFork(Table Register, string Key, Stamp? Base, IReadOnlyList<Row> Sides)
{
    /// <summary>Sides that say the same, or that an erase has emptied, lose nothing to each other.</summary>
    public bool SaysDifferentThings => Sides.Select(side => side.Text("content")).OfType<string>().Distinct(StringComparer.Ordinal).Count() > 1;
}
