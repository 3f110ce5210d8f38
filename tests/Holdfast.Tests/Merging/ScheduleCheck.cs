using Holdfast.Rows;

namespace Holdfast.Tests.Merging;

/// <summary>What must hold when a schedule has come to rest (DESIGN §1, §5, §8).</summary>
internal sealed class ScheduleCheck(Schedule schedule, string tenantId)
{
    private static readonly Table[] Checked =
        [Tables.Erasures, Tables.Conflicts, Tables.Revisions, Tables.SessionMemories, Tables.Sessions, Tables.UserFacts, Tables.Lives];

    private readonly ScheduleHistory _history = schedule.History;
    private StoreContent _content = new();

    public async Task RunAsync()
    {
        _content = await StoreContent.ReadAsync(schedule.Stores[0].Store, tenantId, Checked);
        foreach (var store in schedule.Stores.Skip(1))
            if (_content.DifferenceTo(await StoreContent.ReadAsync(store.Store, tenantId, Checked)) is { } difference)
                throw new BrokenPromiseException($"{schedule.Stores[0].Name} and {store.Name} differ: {difference}");
        Erasures();
        Registers();
        // A restore may take what only one store held.
        if (schedule.Profile.Holders < 2) return;
        Spools();
        Appends();
        SessionOrder();
        Revisions();
    }

    private void Erasures()
    {
        foreach (var (erasure, seen) in _history.Erasures)
        {
            Must(_content.Rows.ContainsKey((Tables.Erasures, erasure.Id)), $"the erasure through {erasure.Stamp} is lost");
            foreach (var (id, stamp, user, session) in seen)
                Must(!(erasure.UserId is { } u && u == user || erasure.SessionId is { } s && s == session) || stamp <= erasure.Stamp,
                    $"{id} with stamp {stamp} had been read by who erased through {erasure.Stamp}, and survives");
        }
        foreach (var row in _content.Rows.Values.Where(row => row.Table != Tables.Erasures && IsCovered(row)))
            Must(row.Text("content") is null && row.Key is null, $"erased content is in {row.Table.Name} {row.Id}: {row.Text("content")}");
        foreach (var row in _content.Registers.Values.Where(row => row.Table != Tables.Lives && IsCovered(row.UserId, row.SessionId, row.Stamp)))
            Must(row.Content is null, $"erased content is in {row.Table.Name} {row.Key}: {row.Content}");
        foreach (var (loser, _, _) in _history.Appends.Where(append => IsCovered(append.Row)))
            Must(_content.Rows.Values.All(row => row.Table != Tables.Conflicts || row.Id != RowId.OfConflict(loser.Table.Name, loser.Id, loser.Stamp) || row.Text("content") is null),
                $"erased content of {loser.Id} is in conflicts");
    }

    private void Registers()
    {
        var highest = _content.Rows.Values.Where(row => row.Table == Tables.Revisions)
            .GroupBy(row => (Tables.Get(row.Text("target_table")!), row.Text("target_key")!)).ToDictionary(group => group.Key, group => group.MaxBy(row => row.Stamp)!);
        Must(highest.Count == _content.Registers.Count, $"{_content.Registers.Count} registers, but revisions of {highest.Count}");
        foreach (var (key, revision) in highest)
        {
            var register = _content.Registers[key];
            Must(register.Stamp == revision.Stamp && register.UserId == revision.UserId && register.Content == revision.Text("content"),
                $"{key} is {register.Stamp} {register.Content}, but its highest revision is {revision.Stamp} {revision.Text("content")}");
        }
    }

    private void Spools()
    {
        foreach (var writer in schedule.Writers) Must(writer.Spool.Count == 0, $"the spool of {writer.Name} is not empty");
    }

    private void Appends()
    {
        foreach (var group in _history.Appends.GroupBy(append => append.Row.Id))
        {
            var stored = Stored(Tables.SessionMemories, group.Key, "acknowledged append");
            Must(stored.Stamp == group.Min(append => append.Row.Stamp), $"{group.Key} stands at {stored.Stamp}, which is not its first stamp");
            foreach (var (row, _, keyed) in group.Where(append => !IsCovered(append.Row)))
            {
                var isThere = stored.SameContent(row) || LostOf(row.Id).Any(content => content?.Contains($"\"content\":{row.Text("content")},", StringComparison.Ordinal) == true)
                    // It said the same as a row that has been erased since: a used key stays used.
                    || group.Any(other => other.Row.SameContent(row) && IsCovered(other.Row));
                Must(isThere, $"acknowledged content {row.Text("content")} of {row.Id} stamp {row.Stamp} is neither there nor in conflicts");
                if (!keyed)
                    Must(_content.Rows.Values.Count(other => other.Table == Tables.SessionMemories && other.Text("content") == row.Text("content")) == 1, $"{row.Text("content")} is there twice");
            }
        }
    }

    private void SessionOrder()
    {
        var known = _history.Appends.Select(append => append.Row.Id).ToHashSet();
        foreach (var (row, seen, _) in _history.Appends.Where(append => !append.Keyed))
            foreach (var id in seen.Where(known.Contains))
                Must(Stored(Tables.SessionMemories, id, "a message that was read").Stamp < Stored(Tables.SessionMemories, row.Id, "acknowledged append").Stamp,
                    $"{id} had been seen before {row.Id} was written and stands behind it");
    }

    private void Revisions()
    {
        foreach (var (row, @base) in _history.Revisions)
        {
            var stored = Stored(Tables.Revisions, row.Id, "acknowledged revision");
            Must(stored.Text("content") == (IsCovered(row) ? null : row.Text("content")), $"revision {row.Id} has another content: {stored.Text("content")}");
            Must(@base is not { } below || stored.Stamp > below, $"revision {row.Id} was made from {@base} and stands below it");
        }
        foreach (var life in _history.Revisions.Where(revision => revision.Row.Text("target_table") == Tables.Lives.Name).GroupBy(revision => revision.Row.Text("target_key")!))
            Must(_content.Registers[(Tables.Lives, life.Key)].Content == life.MaxBy(revision => revision.Row.Stamp).Row.Text("content"), $"life {life.Key} is not what was said last");
    }

    private Row Stored(Table table, Guid id, string what) =>
        _content.Rows.TryGetValue((table, id), out var row) ? row : throw new BrokenPromiseException($"{what} {id} is missing");

    private IEnumerable<string?> LostOf(Guid id) =>
        _content.Rows.Values.Where(row => row.Table == Tables.Conflicts && (Guid)row["target_id"]! == id).Select(row => row.Text("content"));

    private bool IsCovered(Row row) => IsCovered(row.UserId, row.SessionId, row.Stamp);

    private bool IsCovered(string? user, string? session, Stamp stamp) => _history.Erasures.Any(erasure => Scope.Covers(erasure.Row, user, session, stamp));

    private static void Must(bool holds, string otherwise)
    {
        if (!holds) throw new BrokenPromiseException(otherwise);
    }
}
