using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Rollout;

/// <summary>Compares a provider with what its migrations make, after files ran there and before the next provider is touched.</summary>
/// <param name="all">All providers, the one that leads first: what no migration says is as most of those have it that are as far.</param>
/// <param name="set">The files.</param>
/// <param name="options">What a check of drift goes by.</param>
internal sealed class RolloutCheck(IReadOnlyList<DriftTarget> all, MigrationSet set, DriftOptions options)
{
    /// <summary>Below every file.</summary>
    private const string NoVersion = "0";

    /// <summary>Findings that are accepted; null: none.</summary>
    public IgnoreFile? Ignored { get; init; }

    /// <summary>Whether a difference is what <c>access apply</c> mends behind the migrations above a version, which no migrator may.</summary>
    public Func<Difference, string, bool> IsLeftToAccess { get; init; } = (_, _) => false;

    /// <param name="name">The provider.</param>
    /// <param name="target">Its server.</param>
    /// <param name="before">The version that it, or a provider behind it, had before; null: none, and then the other providers say nothing of what it should be.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RolloutDriftException">Something differs that makes writes or reads fail, or opens data.</exception>
    /// <exception cref="SchemaException">The role may not make the comparison.</exception>
    public async Task<ProviderChecked> RunAsync(string name, MigrationTarget target, string? before, CancellationToken cancellationToken)
    {
        var own = all.Single(one => one.Name == name);
        var check = new DriftCheck(before is null ? [own] : all, options with { PeersAsFar = true });
        var drift = (await check.RunAsync(cancellationToken).ConfigureAwait(false)).Providers.Single(provider => provider.Target.Name == name);
        return drift switch
        {
            { Error: SchemaException error } when !set.IsShipped && CannotBeReplayed(error, set.IsShipped) => new ProviderChecked(ProviderChecked.History) { NotCompared = error.Message },
            { Error: SchemaException error } => throw new SchemaException($"{name} could not be compared with what its migrations make: {error.Message}", error.InnerException),
            { Error: { } error } => throw error,
            // Its history says one thing and the server another: the finding tells which.
            { Expected: null } => throw RolloutDriftException.Of(name, drift.Findings, options.Origin, mayRepair: true),
            _ => Judge(name, drift, before ?? NoVersion),
        };
    }

    /// <summary>
    /// The files themselves stand against it: not a right that every comparison needs, nor a lock that somebody holds at this moment.
    /// Of a user's files that includes what this role may not do or what takes too long; Holdfast's own must pass.
    /// </summary>
    public static bool CannotBeReplayed(SchemaException error, bool isShipped) => error.InnerException switch
    {
        PostgresException { SqlState: PostgresErrorCodes.LockNotAvailable } => false,
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.QueryCanceled } => !isShipped && Replay.IsOfItsFiles(error),
        _ => true,
    };

    private ProviderChecked Judge(string name, ProviderDrift drift, string before)
    {
        var peers = drift.Differences.Where(IsSaidByPeers).Select(difference => difference.CacheKey).ToHashSet(StringComparer.Ordinal);

        var accepted = drift.Findings.Where(finding => Ignored?.Covers(finding) == true).ToList();
        var left = drift.Differences.Where(difference => IsLeftToAccess(difference, before)).Select(difference => difference.CacheKey).ToHashSet(StringComparer.Ordinal);
        // The runner itself has read the history again; that another provider is further is what a rollout is for.
        var findings = drift.Findings.Where(finding => finding.Name != DriftClasses.History.Key && !accepted.Contains(finding) && !left.Contains(finding.CacheKey)).ToList();
        if (findings.Where(finding => finding.Level == DriftLevel.Error).ToList() is { Count: > 0 } errors) throw RolloutDriftException.Of(name, errors, options.Origin, mayRepair: !errors.Any(error => peers.Contains(error.CacheKey)));
        return new ProviderChecked(ProviderChecked.Drift) { Lesser = findings.Count, Accepted = accepted.Count, WaitsForAccess = left.Count > 0 ? true : null, NotJudged = drift.NotJudged.Count > 0 ? drift.NotJudged : null };
    }

    // A repair would undo what a migration did if they are wrong.
    private static bool IsSaidByPeers(Difference difference) =>
        (difference.Expected is null || difference.Expected.Has(Expectation.Peers))
        && (difference.Class == DriftClasses.Grants || ObjectKind.IsOutside(difference.Object.Kind) || difference.Object.Kind == ObjectKind.DefaultPrivileges);
}
