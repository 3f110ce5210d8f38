using Holdfast.Stores.Migrations;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What a history lacks of the files, in order; made without a server.</summary>
/// <param name="Pending">The files to apply.</param>
/// <param name="Unfinished">A file that was begun and not ended; null: there is none.</param>
/// <param name="Held">Files that are left for later, because of <c>--to</c> or <c>--phase</c>: one of them, and all that are behind it.</param>
internal sealed record MigrationPlan(IReadOnlyList<PreparedFile> Pending, HistoryRow? Unfinished, IReadOnlyList<PreparedFile> Held)
{
    /// <summary>True where the schema is not as the last of the files leaves it even when all that is pending was applied.</summary>
    public bool IsPartial { get; private init; }

    /// <summary>Those of the pending files that lie below one that was applied already.</summary>
    public IReadOnlyList<string> OutOfOrder { get; private init; } = [];

    /// <exception cref="SchemaException">The history is not one of these files.</exception>
    public static MigrationPlan Make(MigrationSet set, IReadOnlyList<HistoryRow> rows, string schema, MigrationOptions options, string target)
    {
        Check(set, rows, target);
        var current = rows.Where(row => row.IsCurrent).Select(row => MigrationVersion.Parse(row.Version!)).ToHashSet();
        var unfinished = rows.LastOrDefault(row => row.IsUnfinished);
        var last = current.Count > 0 ? current.Max() : null;
        var to = options.To is { } text ? MigrationVersion.Parse(text, "to") : null;
        if (to is not null && set.Find(to) is null) throw new InvalidInputException("to", $"there is no migration {to} in {set.Origin}; the last is {set.Versioned.LastOrDefault()?.Version?.Text ?? "none"}.");

        var pending = new List<PreparedFile>();
        var late = new List<string>();
        var held = new List<PreparedFile>();
        foreach (var file in set.Versioned.Where(file => !options.Without.Contains(file.Script) && !current.Contains(file.Version!) && !(unfinished is { Kind: "V", Version: { } begun } && MigrationVersion.Parse(begun).Equals(file.Version))))
        {
            if (last is not null && file.Version! < last && !options.OutOfOrder)
                throw new SchemaException($"{target}: {file.Script} lies below {last}, which was applied already. Give it a number above {last}, or apply it as it is with --out-of-order (then the histories of two providers differ unless both get it in this order).");
            var prepared = file.Prepare(schema);
            // Later files build on earlier ones: behind the first that is left, all are.
            if (held.Count > 0 || (to is not null && file.Version! > to) || (options.Phase is { } phase && prepared.Directives.Phase > phase)) held.Add(prepared);
            else
            {
                pending.Add(prepared);
                if (last is not null && file.Version! < last) late.Add(file.Script);
            }
        }
        foreach (var file in set.Repeatable.Where(file => !options.Without.Contains(file.Script)))
            if (rows.LastOrDefault(row => row.Kind == "R" && row.Script == file.Script) is not { State: "applied" } before || before.Checksum != file.Checksum)
                if (unfinished is not { Kind: "R" } || unfinished.Script != file.Script) (held.Count > 0 ? held : pending).Add(file.Prepare(schema));
        return new MigrationPlan(pending, unfinished, held) { OutOfOrder = late, IsPartial = held.Count + options.Without.Count > 0 };
    }

    /// <summary>The file that a row tells of.</summary>
    /// <exception cref="SchemaException">It is not there.</exception>
    public static MigrationFile FileOf(HistoryRow row, MigrationSet set, string target) =>
        (row.Kind switch
        {
            "R" => set.Repeatable.FirstOrDefault(file => file.Script == row.Script),
            "U" => set.Undo(MigrationVersion.Parse(row.Version!)),
            _ => set.Find(MigrationVersion.Parse(row.Version!)),
        }) ?? throw Missing(row, set, target);

    private static void Check(MigrationSet set, IReadOnlyList<HistoryRow> rows, string target)
    {
        foreach (var (row, chain) in HistoryChain.Of(rows))
        {
            if (FileOf(row, set, target) is var file && file.Checksum != row.Checksum)
                throw new SchemaException($"{target}: migration {row.Version} was applied with another content than {file.Script} has (checksum {row.Checksum[..12]}, here {file.Checksum[..12]}). Restore the file that was applied; if the change is meant and the database is as the file says: holdfast schema repair --reason \"…\"");
            if (chain != row.ChainHash)
                throw new SchemaException($"{target}: the history does not hold together at {row.Version}: its chain is {Short(row.ChainHash)} and should be {Short(chain)}. A row was changed or taken out by hand. Compare it with another provider ('holdfast schema history'); if it is right as it stands: holdfast schema repair --reason \"…\"");
        }
        if (rows.FirstOrDefault(row => row.IsUnfinished) is { } unfinished && FileOf(unfinished, set, target) is var changed && changed.Checksum != unfinished.Checksum)
            throw new SchemaException($"{target}: {unfinished.Script} is {unfinished.State} at statement {unfinished.LastStatement + 1} of {unfinished.Statements}, and the file has changed since. To go on with the file as it is now: holdfast schema repair --reason \"…\", then holdfast schema resume");
    }

    private static SchemaException Missing(HistoryRow row, MigrationSet set, string target)
    {
        var newest = set.Versioned.Count > 0 ? set.Versioned[^1].Version! : null;
        return row.Version is { } version && (newest is null || MigrationVersion.Parse(version) > newest)
            ? new SchemaException(set.IsShipped
                ? $"{target} is at migration {version}, newer than this program ({newest?.Text ?? "none"}). Update this program."
                : $"{target} is at migration {version}; the last one in {set.Origin} is {newest?.Text ?? "none"}. Bring the directory up to date, or choose the one that was used there.")
            : new SchemaException($"{target}: {row.Script} was applied, and there is no such file in {set.Origin}. Put it back as it was applied.");
    }

    private static string Short(string hash) => hash.Length > 12 ? hash[..12] : hash;
}
