namespace Holdfast.Operations.Schema.Migrations;

/// <summary>How a server's history stands beside the files.</summary>
internal sealed class SchemaLook
{
    private readonly MigrationSet _set;
    private readonly IReadOnlyList<HistoryRow> _rows;

    private SchemaLook(MigrationSet set, IReadOnlyList<HistoryRow> rows, string? problem, Exception? error)
    {
        _set = set;
        _rows = rows;
        Problem = problem;
        Error = error;
    }

    /// <summary>What is wrong with it; null: nothing.</summary>
    public string? Problem { get; }

    /// <summary>Why it could not be read; null: it was.</summary>
    public Exception? Error { get; }

    /// <summary>The highest version that was applied; null: none, or unknown.</summary>
    public string? Version => HistoryRow.VersionOf(_rows);

    /// <summary>What would bring it to where the others are: <c>migrate</c>, <c>migrate --out-of-order</c>, <c>history</c> where no file does; null: it lacks no file.</summary>
    public string? Lacks
    {
        get
        {
            if (Error is not null) return null;
            // Migrate refuses to go on behind a file that is not the one that was applied.
            if (_set.Versioned.Any(file => StateOf(file.Script) == "changed")) return "history";
            var pending = _set.Versioned.Where(file => StateOf(file.Script) is "pending" or "reverted").ToList();
            if (Version is { } last && pending.Exists(file => file.Version! < MigrationVersion.Parse(last))) return "migrate --out-of-order";
            return pending.Count > 0 || _set.Repeatable.Any(file => StateOf(file.Script) == "pending") ? "migrate" : null;
        }
    }

    /// <summary>The chain that is written there.</summary>
    public string? Chain => _rows.LastOrDefault(row => row.IsCurrent)?.ChainHash;

    /// <summary>Equal where the same files were applied: each version and each repeatable file with its content, in whatever order they came.</summary>
    public string Fingerprint => string.Join('\n', _rows.Where(row => row.IsCurrent).OrderBy(row => MigrationVersion.Parse(row.Version!)).Select(row => $"{row.Version} {row.Checksum}")
        .Concat(_rows.Where(row => row.Kind == "R" && row.State == "applied").GroupBy(row => row.Script, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal).Select(group => $"{group.Key} {group.Last().Checksum}")));

    public static async Task<SchemaLook> AtAsync(MigrationTarget target, CancellationToken cancellationToken)
    {
        IReadOnlyList<HistoryRow> rows;
        try
        {
            rows = await target.ReadAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HoldfastException e)
        {
            return new SchemaLook(target.Set, [], e.Message, e);
        }
        try
        {
            return new SchemaLook(target.Set, rows, target.Plan(rows).Unfinished is { } unfinished ? await TellAsync(target, unfinished, cancellationToken).ConfigureAwait(false) : null, null);
        }
        catch (SchemaException e)
        {
            return new SchemaLook(target.Set, rows, e.Message, null);
        }
    }

    private static async Task<string> TellAsync(MigrationTarget target, HistoryRow row, CancellationToken cancellationToken)
    {
        var at = $"{row.Script} is {row.State} at statement {row.LastStatement + 1} of {row.Statements}";
        if (row.State != "running") return $"{at}{(row.Error is { } error ? $": {error}" : "")}; 'holdfast schema resume' goes on";
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await MigrationLock.MigratorOrNullAsync(connection, cancellationToken).ConfigureAwait(false) is { } holder
            ? $"{at}, by {holder}" : $"{at}, and whoever ran it is gone; 'holdfast schema {(row.Kind == "U" ? "resume" : "migrate")}' goes on";
    }

    /// <summary>All files, and what histories know beyond them.</summary>
    public static IEnumerable<string> Scripts(MigrationSet set, IEnumerable<SchemaLook> looks)
    {
        var known = set.Versioned.Select(file => file.Script).ToList();
        var more = looks.SelectMany(look => look._rows).Where(row => row.IsCurrent && set.Find(MigrationVersion.Parse(row.Version!)) is null).Select(row => row.Script);
        return known.Concat(more).Concat(set.Repeatable.Select(file => file.Script)).Distinct(StringComparer.Ordinal);
    }

    /// <summary>applied, baseline, pending, running, failed, changed, reverted, - (not there), unreachable, unknown (it answers and may not be read).</summary>
    public string StateOf(string script)
    {
        if (Error is not null) return Error is StoreUnavailableException { InnerException: not Npgsql.PostgresException } ? "unreachable" : "unknown";
        var file = _set.Versioned.Concat(_set.Repeatable).FirstOrDefault(file => file.Script == script);
        var row = file?.Version is { } version ? _rows.LastOrDefault(row => row.Kind != "U" && row.Version is { } there && MigrationVersion.Parse(there).Equals(version)) : _rows.LastOrDefault(row => row.Script == script);
        if (row is null) return file is null ? "-" : "pending";
        if (row.State is "running" or "failed" or "reverted") return row.State;
        return file is not null && file.Checksum != row.Checksum ? file.Kind == MigrationKind.Repeatable ? "pending" : "changed" : row.State;
    }
}
