namespace Holdfast;

/// <summary>How a source is imported. The defaults work for Holdfast JSONL.</summary>
public sealed record ImportOptions
{
    /// <summary>What messages call the source: the file's name. It has no part in any identity.</summary>
    public string FileName { get; init; } = "input";

    /// <summary>
    /// Whose the rows become, whatever their lines say. Null: the memory's own tenant, and a line that names another is rejected.
    /// </summary>
    public string? TenantId { get; init; }

    /// <summary>The user of lines without <c>user_id</c>, if any.</summary>
    public string? UserId { get; init; }

    /// <summary>The session of lines without <c>session_id</c>; null: such lines are rejected.</summary>
    public string? SessionId { get; init; }

    /// <summary>
    /// When a line without <c>created_at</c> happened, if no line of its session came before it in the source; the Unix epoch
    /// where it is not given, so that any import of the source makes the same rows.
    /// </summary>
    public DateTimeOffset? CreatedAt { get; init; }

    /// <summary>Gets every rejected line as it stood in the source, each with a line feed; left open.</summary>
    public Stream? Rejects { get; init; }

    /// <summary>Is told of every rejected line: where, which field, and why.</summary>
    public IProgress<ImportReject>? Rejected { get; init; }

    /// <summary>Is told after every batch how far the import is.</summary>
    public IProgress<ImportProgress>? Progress { get; init; }

    /// <summary>A longer line is rejected without being kept in memory: 40 MiB.</summary>
    public int LineBytesMax { get; init; } = 40 * 1024 * 1024;

    internal void Validate()
    {
        if (TenantId is not null) Rows.Check.Id("tenant_id", TenantId);
        Rows.Check.Text("user_id", UserId);
        if (SessionId is not null) Rows.Check.Id("session_id", SessionId);
        if (CreatedAt is { } time) Rows.Check.Time("created_at", time);
        ArgumentOutOfRangeException.ThrowIfLessThan(LineBytesMax, 1024);
    }
}

/// <summary>How far an import is: what is counted here is on the disk of the store.</summary>
/// <param name="Lines">Lines (of a <c>messages</c> array: messages) that were dealt with.</param>
/// <param name="Imported">Of them, those that were not there; now they are.</param>
/// <param name="Already">Those that were there already.</param>
/// <param name="Rejected">Those that were refused.</param>
/// <param name="Bytes">Bytes of the source that were read.</param>
public readonly record struct ImportProgress(long Lines, long Imported, long Already, long Rejected, long Bytes);

/// <summary>A line that was refused; the others went in.</summary>
/// <param name="FileName">The source.</param>
/// <param name="Line">Its number, from 1.</param>
/// <param name="Field">The field that was refused; null when the line as a whole is at fault.</param>
/// <param name="Problem">What is wrong with it.</param>
public sealed record ImportReject(string FileName, long Line, string? Field, string Problem)
{
    /// <summary>As compilers write it: <c>file:line: field: problem</c>.</summary>
    public override string ToString() => Field is null ? FormattableString.Invariant($"{FileName}:{Line}: {Problem}") : FormattableString.Invariant($"{FileName}:{Line}: {Field}: {Problem}");
}

/// <summary>What an import did.</summary>
public sealed record ImportResult
{
    /// <summary>Lines (of a <c>messages</c> array: messages) that were dealt with; blank lines are none.</summary>
    public required long Lines { get; init; }

    /// <summary>Of them, those that were not there; now they are.</summary>
    public required long Imported { get; init; }

    /// <summary>Those that were there already.</summary>
    public required long Already { get; init; }

    /// <summary>Those whose key was there with another content: the earlier stamp stands, the other is kept among the conflicts.</summary>
    public required long KeyConflicts { get; init; }

    /// <summary>Those (counted among the others too) that an erasure covers: they are stored without content.</summary>
    public required long Erased { get; init; }

    /// <summary>Those that were refused.</summary>
    public required long Rejected { get; init; }

    /// <summary>Bytes of the source.</summary>
    public required long Bytes { get; init; }

    /// <summary>The first hundred that were refused.</summary>
    public required IReadOnlyList<ImportReject> Rejects { get; init; }

    /// <summary>Members of lines that mean nothing here and were left out (the first twenty names).</summary>
    public required IReadOnlyList<string> IgnoredFields { get; init; }
}
