namespace Holdfast.Operations.Schema.Rollout;

/// <summary>What was looked at of a provider after a run, so that nobody takes less for more.</summary>
/// <param name="What"><see cref="History"/>, <see cref="Columns"/> or <see cref="Drift"/>; each contains those before it.</param>
internal sealed record ProviderChecked(string What)
{
    /// <summary>The rows of its history alone.</summary>
    public const string History = "history";

    /// <summary>Also that every table and column that this program writes is there.</summary>
    public const string Columns = "columns";

    /// <summary>Everything, compared with what its migrations make.</summary>
    public const string Drift = "drift";

    /// <summary>Findings that stop nothing.</summary>
    public int? Lesser { get; init; }

    /// <summary>Findings that somebody has accepted.</summary>
    public int? Accepted { get; init; }

    /// <summary>What the files made waits for <c>access apply</c>.</summary>
    public bool? WaitsForAccess { get; init; }

    /// <summary>Files that have changed and wait for a later phase, and those that cannot run without them: what they make was not judged. Null: none.</summary>
    public IReadOnlyList<string>? NotJudged { get; init; }

    /// <summary>Why no comparison was possible; null: there was one, or none was due.</summary>
    public string? NotCompared { get; init; }
}
