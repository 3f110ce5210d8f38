namespace Holdfast.Operations.Schema.Migrations;

/// <summary>One migration of a plan, or one that was applied.</summary>
/// <param name="Version">Its number, as in the file's name; empty for a repeatable one.</param>
/// <param name="Description">What it does.</param>
/// <param name="Script">The file's name.</param>
public sealed record MigrationStep(string Version, string Description, string Script)
{
    /// <summary>expand, backfill or contract.</summary>
    public string? Phase { get; init; }

    /// <summary>How often it was tried again because a lock was held.</summary>
    public int Retries { get; init; }

    /// <summary>How long it waited for other migrators and for locks, in milliseconds.</summary>
    public long LockWaitMs { get; init; }

    /// <summary>How long its statements took, in milliseconds.</summary>
    public long DurationMs { get; init; }

    internal static MigrationStep Of(PreparedFile file) =>
        new(file.File.Version?.Text ?? "", file.File.Description, file.File.Script) { Phase = PhaseName(file.Directives.Phase) };

    internal static string PhaseName(MigrationPhase phase) => phase switch { MigrationPhase.Backfill => "backfill", MigrationPhase.Contract => "contract", _ => "expand" };
}

/// <summary>What happens while migrations run, for people who wait.</summary>
/// <param name="Kind">What kind of news.</param>
/// <param name="Script">The file that it is about; empty: the whole run.</param>
/// <param name="Text">The news.</param>
public sealed record MigrationEvent(MigrationEventKind Kind, string Script, string Text);

/// <summary>Kinds of news.</summary>
public enum MigrationEventKind
{
    /// <summary>A file begins.</summary>
    Started,
    /// <summary>A statement of a file without a transaction begins.</summary>
    Statement,
    /// <summary>Somebody holds a lock; it is waited for.</summary>
    Blocked,
    /// <summary>How far a long statement is.</summary>
    Progress,
    /// <summary>A file is applied.</summary>
    Applied,
}
