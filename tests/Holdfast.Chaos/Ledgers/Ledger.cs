using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Holdfast.Chaos.Writers;

namespace Holdfast.Chaos.Ledgers;

/// <summary>
/// What writers set out to write and what they were answered, kept apart from them and from what they write to: a file that is
/// flushed line by line, and the same in memory.
/// </summary>
internal sealed class Ledger : IDisposable
{
    // Well below the bound of a minute: what lies about there may be on either side of it.
    private const int DriftKnownMs = 50_000;

    private readonly Lock _lock = new();
    private readonly List<LedgerEntry> _entries = [];
    private readonly Dictionary<(int Writer, int Life, int Number), LedgerEntry> _open = [];
    private readonly Dictionary<(int Writer, int Life, string Session, bool IsMessage), Guid> _floors = [];
    private readonly Dictionary<(int Writer, int Life), Guid> _floorsOfAll = [];
    private readonly List<string> _missed = [];
    private readonly StreamWriter _file;

    public Ledger(string path) => (Path, _file) = (path, new StreamWriter(path) { AutoFlush = true });

    public string Path { get; }

    /// <summary>Every write, in the order in which they began.</summary>
    public IReadOnlyList<LedgerEntry> Entries
    {
        get { lock (_lock) return [.. _entries]; }
    }

    /// <summary>Times in which a writer's process stood still: what it measured then says nothing.</summary>
    public ConcurrentBag<(int Writer, long From, long To)> Stops { get; } = [];

    /// <summary>Reads that did not find what their reader had written.</summary>
    public IReadOnlyList<string> Missed
    {
        get { lock (_lock) return [.. _missed]; }
    }

    public int AcknowledgedCount
    {
        get { lock (_lock) return _entries.Count(entry => entry.State == Said.Ok); }
    }

    public void Add(int writer, int life, WriterReport report)
    {
        lock (_lock)
        {
            _file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{writer}.{life} {report.ToLine()}"));
            switch (report.Said)
            {
                case Said.Invoke:
                    var entry = new LedgerEntry(writer, life, report)
                    {
                        BegunAt = Stopwatch.GetTimestamp(), FloorOfSession = _floors.GetValueOrDefault((writer, life, report.Session!, LedgerEntry.IsOfMessages(report.Kind))), FloorOfAll = _floorsOfAll.GetValueOrDefault((writer, life)),
                    };
                    _entries.Add(entry);
                    _open.Add((writer, life, report.Number), entry);
                    break;
                case Said.Ok or Said.Fail or Said.Info when _open.Remove((writer, life, report.Number), out var open):
                    (open.Answer, open.AnsweredAt) = (report, Stopwatch.GetTimestamp());
                    if (report.Said == Said.Ok) Raise(writer, life, open.Session, open.IsMessage, report.Stamp);
                    break;
                case Said.Saw:
                    Raise(writer, life, report.Session!, isMessage: true, report.Stamp);
                    break;
                case Said.Missed:
                    _missed.Add(string.Create(CultureInfo.InvariantCulture, $"writer {writer} (life {life}) did not find its own row {report.Id} in '{report.Session}'"));
                    break;
            }
        }
    }

    public void Dispose() => _file.Dispose();

    private void Raise(int writer, int life, string session, bool isMessage, Guid stamp)
    {
        if (stamp > _floors.GetValueOrDefault((writer, life, session, isMessage))) _floors[(writer, life, session, isMessage)] = stamp;
        // What lies further ahead than the clock's drift bound moves only its own session's successors.
        if (new Rows.Stamp(stamp).Millisecond > TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() + DriftKnownMs) return;
        if (stamp > _floorsOfAll.GetValueOrDefault((writer, life))) _floorsOfAll[(writer, life)] = stamp;
    }
}
