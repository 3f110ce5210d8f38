namespace Holdfast.Operations.Schema.Drift;

/// <summary>How bad a finding is.</summary>
internal enum DriftLevel
{
    /// <summary>Worth knowing; changes nothing for anybody.</summary>
    Info,
    /// <summary>Works today; will not in some case.</summary>
    Warn,
    /// <summary>Writes or reads fail, give other results, or data is open to others.</summary>
    Error,
}

/// <summary>A way in which a schema can differ from what it should be.</summary>
/// <param name="Key">Its name in reports and ignore files.</param>
/// <param name="Title">In words.</param>
/// <param name="Level">How bad.</param>
/// <param name="Category">What suffers: <c>INTEGRITY</c>, <c>AVAILABILITY</c>, <c>PERFORMANCE</c>, <c>SECURITY</c>, <c>MAINTENANCE</c>.</param>
/// <param name="Danger">What happens when nobody acts.</param>
/// <param name="Remedy">What a repair does; what a person must do where it does nothing.</param>
internal sealed record DriftClass(string Key, string Title, DriftLevel Level, string Category, string Danger, string Remedy);
