using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Writers;

namespace Holdfast.Chaos.Checking;

/// <summary>
/// Compares the ledger with what one provider holds: each acknowledged write once and with its content, each refused one
/// nowhere, each unknown one at most once, nothing that nobody wrote, every conflict explained.
/// </summary>
internal sealed class Checker
{
    private readonly IReadOnlyList<LedgerEntry> _entries;
    private readonly StoredRows _stored;
    private readonly List<string> _problems = [];
    private readonly Dictionary<Guid, StoredMessage> _messages;
    private readonly ILookup<string, StoredMessage> _messagesByText;
    private readonly Dictionary<Guid, StoredRevision> _revisions;
    private readonly ILookup<string, StoredRevision> _revisionsByText;
    private readonly ILookup<Guid, StoredConflict> _losers;

    private Checker(IReadOnlyList<LedgerEntry> entries, StoredRows stored)
    {
        (_entries, _stored) = (entries, stored);
        _messages = stored.Message.GroupBy(message => message.Id).ToDictionary(group => group.Key, group => group.First());
        _messagesByText = stored.Message.ToLookup(message => message.Text ?? "");
        _revisions = stored.Revision.GroupBy(revision => revision.Id).ToDictionary(group => group.Key, group => group.First());
        _revisionsByText = stored.Revision.ToLookup(revision => revision.Text ?? "");
        _losers = stored.Conflict.ToLookup(conflict => conflict.Target);
    }

    /// <summary>What is wrong with a provider's rows, a line each; empty: nothing.</summary>
    public static IReadOnlyList<string> Problems(IReadOnlyList<LedgerEntry> entries, StoredRows stored)
    {
        var checker = new Checker(entries, stored);
        foreach (var entry in entries) checker.Check(entry);
        checker.CheckStrangers();
        checker.CheckConflicts();
        checker.CheckRegisters();
        return [.. checker._problems.Select(problem => $"{stored.Provider}: {problem}")];
    }

    private void Check(LedgerEntry entry)
    {
        var count = entry.IsMessage ? _messagesByText[entry.Text].Count() : _revisionsByText[entry.Text].Count();
        switch (entry.State)
        {
            case Said.Ok when !entry.IsMessage:
                if (!_revisions.TryGetValue(entry.Answer!.Id, out var revision)) Report("lost", entry);
                else if (revision.Text != entry.Text || revision.Key != entry.Session) Report($"has another content ('{revision.Text}')", entry);
                else if (count > 1) Report($"there {count} times", entry);
                break;
            case Said.Ok:
                CheckMessage(entry, count);
                break;
            case Said.Fail when count > 0 || _stored.Conflict.Any(conflict => conflict.Text == entry.Text):
                Report("refused, but it is there", entry);
                break;
            case Said.Info when count > 1:
                Report($"there {count} times", entry);
                break;
        }
    }

    private void CheckMessage(LedgerEntry entry, int count)
    {
        var (id, stamp) = (entry.Answer!.Id, entry.Answer.Stamp);
        if (!_messages.TryGetValue(id, out var message)) Report("lost", entry);
        else if (message.Text != entry.Text)
        {
            // Another content under its key: then it is among the conflicts, and the one that stands is earlier.
            if (entry.Intent.Key is null) Report($"has another content ('{message.Text}')", entry);
            else if (!_losers[id].Any(loser => loser.Stamp == stamp && loser.Text == entry.Text)) Report($"lost to '{message.Text}' and not among the conflicts", entry);
            else if (message.Stamp > stamp) Report($"lost to a later stamp, {message.Stamp}", entry);
        }
        else if (message.Session != entry.Session || message.Key != entry.Intent.Key) Report($"stands in '{message.Session}' under '{message.Key}'", entry);
        // A retry's stamp is later than that of what was there.
        else if (entry.Intent.Key is null ? message.Stamp != stamp : message.Stamp > stamp) Report($"has another stamp, {message.Stamp}", entry);
        else if (count > 1) Report($"there {count} times", entry);
    }

    private void CheckStrangers()
    {
        var written = _entries.Select(entry => entry.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var message in _stored.Message.Where(message => !written.Contains(message.Text ?? ""))) _problems.Add($"nobody wrote {message}");
        // A session's first revision has no title: it is the memory's own.
        foreach (var revision in _stored.Revision.Where(revision => revision.Text is not null && !written.Contains(revision.Text))) _problems.Add($"nobody wrote {revision}");
        foreach (var twice in _stored.Message.Where(message => message.Key is not null).GroupBy(message => (message.Session, message.Key)).Where(group => group.Count() > 1))
            _problems.Add($"there {twice.Count()} times: key '{twice.Key.Key}' of '{twice.Key.Session}'");
    }

    private void CheckConflicts()
    {
        var keyed = _entries.Where(entry => entry.Intent.Key is not null).ToLookup(entry => (entry.Session, entry.Intent.Key, entry.Text));
        foreach (var conflict in _stored.Conflict)
        {
            if (!_messages.TryGetValue(conflict.Target, out var winner)) _problems.Add($"nothing stands where this one lost: {conflict}");
            else if (!keyed[(winner.Session, winner.Key, conflict.Text ?? "")].Any()) _problems.Add($"nobody wrote what lost: {conflict}");
            else if (winner.Stamp >= conflict.Stamp) _problems.Add($"an earlier one lost against {winner}: {conflict}");
        }
    }

    private void CheckRegisters()
    {
        var sessions = _stored.Session.ToDictionary(session => session.Key, StringComparer.Ordinal);
        foreach (var revisions in _stored.Revision.Where(revision => revision.Table == "sessions").GroupBy(revision => revision.Key))
        {
            var last = revisions.MaxBy(revision => revision.Stamp)!;
            if (!sessions.TryGetValue(revisions.Key, out var session)) _problems.Add($"session '{revisions.Key}' has revisions but is not there");
            else if (session.Stamp != last.Stamp || session.Text != last.Text) _problems.Add($"session '{revisions.Key}' is at {session}, but its last revision is {last}");
        }
    }

    private void Report(string what, LedgerEntry entry) => _problems.Add($"{what}: {entry}");
}
