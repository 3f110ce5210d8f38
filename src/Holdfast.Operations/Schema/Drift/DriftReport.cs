using Holdfast.Operations.Schema.Catalogue;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What a check of drift found, provider by provider.</summary>
internal sealed record DriftReport(IReadOnlyList<ProviderDrift> Providers)
{
    public IEnumerable<DriftFinding> Findings => Providers.SelectMany(provider => provider.Findings);
}

/// <summary>One provider beside what it should be.</summary>
/// <param name="Target">Which.</param>
/// <param name="Actual">As it is; null when it could not be read.</param>
/// <param name="Expected">As it should be.</param>
/// <param name="Differences">What differs, without the history.</param>
/// <param name="Findings">All of it in words.</param>
/// <param name="Error">Why it could not be read.</param>
internal sealed record ProviderDrift(
    DriftTarget Target, CatalogueSnapshot? Actual, CatalogueSnapshot? Expected, IReadOnlyList<Difference> Differences, IReadOnlyList<DriftFinding> Findings, Exception? Error = null)
{
    /// <summary>Files that wait to be run again, and others that cannot run without them: what they make was not judged.</summary>
    public IReadOnlyList<string> NotJudged { get; init; } = [];

    /// <summary>What in the files is no part of the schema that is compared, and was not compared.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];
}
