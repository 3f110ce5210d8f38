using System.Collections.Frozen;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What a run of migrations may do, and how patient it is. The defaults are right for a server in use.</summary>
public sealed record MigrationOptions
{
    /// <summary>How long to wait for another migrator or a backup: one minute.</summary>
    public TimeSpan LockWaitMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How long a statement may wait for a table's lock, and so hold up everybody behind it, where the file says nothing: 500 ms.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long a statement may take where the file says nothing: 30 s.</summary>
    public TimeSpan StatementTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The shortest pause before a file that met a lock is tried again: 1 s.</summary>
    public TimeSpan RetryDelayMin { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The longest: one minute.</summary>
    public TimeSpan RetryDelayMax { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a file is tried: 20 times.</summary>
    public int TriesMax { get; init; } = 20;

    /// <summary>For how long a file is tried: ten minutes.</summary>
    public TimeSpan TryTimeMax { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>A number from 0 to 1: where in its range a pause lies.</summary>
    public Func<double> Jitter { get; init; } = Random.Shared.NextDouble;

    /// <summary>The last version to apply; null: all.</summary>
    public string? To { get; init; }

    /// <summary>Stop before the first file of a later phase; null: apply all phases.</summary>
    public MigrationPhase? Phase { get; init; }

    /// <summary>Apply files whose number lies below one that was applied already.</summary>
    public bool OutOfOrder { get; init; }

    /// <summary>Why statements that throw data away may run; null: they are refused. It is written into the history.</summary>
    public string? AllowDestructive { get; init; }

    /// <summary>Whether an undo may lose rows.</summary>
    public bool AllowDataLoss { get; init; }

    /// <summary>Files that are left for later, wherever they stand in the order.</summary>
    internal IReadOnlySet<string> Without { get; init; } = FrozenSet<string>.Empty;

    /// <summary>How often a waiting statement's blockers and a build's progress are looked at.</summary>
    internal TimeSpan WatchInterval { get; init; } = TimeSpan.FromMilliseconds(150);

    /// <summary>A transaction that is open for longer holds a concurrent build up: 5 s.</summary>
    internal TimeSpan OldTransaction { get; init; } = TimeSpan.FromSeconds(5);
}
