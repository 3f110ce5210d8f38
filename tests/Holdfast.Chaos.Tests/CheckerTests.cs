using Holdfast.Chaos.Checking;
using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Writers;
using Holdfast.Rows;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>Everything that the checker can call wrong, made by hand.</summary>
public sealed class CheckerTests
{
    private readonly Clock _clock = new();

    [Fact]
    public void what_was_acknowledged_and_is_there_is_right()
    {
        var (entry, row) = Written("one");
        Assert.Empty(Problems([entry], [row]));
    }

    [Fact]
    public void an_acknowledged_row_that_is_missing_is_lost()
    {
        var (entry, _) = Written("one");
        Assert.Contains("lost", Assert.Single(Problems([entry], [])));
    }

    [Fact]
    public void an_acknowledged_row_that_is_there_twice_is_reported()
    {
        var (entry, row) = Written("one");
        Assert.Contains("there 2 times", Assert.Single(Problems([entry], [row, row with { Id = Next(), Stamp = Next() }])));
    }

    [Fact]
    public void an_acknowledged_row_with_another_content_is_reported()
    {
        var ((entry, row), (other, _)) = (Written("one"), Written("two"));
        Assert.Contains(Problems([entry, other with { Answer = null }], [row with { Text = "two" }]), problem => problem.Contains("another content", StringComparison.Ordinal));
    }

    [Fact]
    public void an_acknowledged_row_with_another_stamp_is_reported()
    {
        var (entry, row) = Written("one");
        Assert.Contains("another stamp", Assert.Single(Problems([entry], [row with { Stamp = Next() }])));
    }

    [Fact]
    public void a_refused_row_that_is_there_is_reported()
    {
        var (entry, row) = Written("one");
        Assert.Contains("refused, but", Assert.Single(Problems([entry with { Answer = new WriterReport(Said.Fail) }], [row])));
    }

    [Fact]
    public void an_unknown_row_may_be_there_or_not_but_not_twice()
    {
        var (entry, row) = Written("one");
        var unknown = entry with { Answer = null };
        Assert.Empty(Problems([unknown], []));
        Assert.Empty(Problems([unknown], [row]));
        Assert.Contains("there 2 times", Assert.Single(Problems([unknown], [row, row with { Id = Next(), Stamp = Next() }])));
    }

    [Fact]
    public void a_row_that_nobody_wrote_is_reported()
    {
        var (_, row) = Written("one");
        Assert.Contains("nobody wrote", Assert.Single(Problems([], [row])));
    }

    [Fact]
    public void the_loser_of_a_key_must_be_among_the_conflicts()
    {
        var (first, row) = Written("one", "k");
        var (second, _) = Written("two", "k", row.Id);
        var conflict = new StoredConflict(Next(), second.Answer!.Stamp, "session_memories", row.Id, "two");
        Assert.Empty(Problems([first, second], [row], [conflict]));
        Assert.Contains("not among the conflicts", Assert.Single(Problems([first, second], [row])));
    }

    [Fact]
    public void a_conflict_that_nobody_explains_is_reported()
    {
        var (first, row) = Written("one", "k");
        Assert.Contains("nobody wrote what lost", Assert.Single(Problems([first], [row], [new StoredConflict(Next(), Next(), "session_memories", row.Id, "two")])));
        Assert.Contains("nothing stands", Assert.Single(Problems([first], [row], [new StoredConflict(Next(), Next(), "session_memories", Next(), "one")])));
    }

    [Fact]
    public void a_register_that_is_not_at_its_last_revision_is_reported()
    {
        var (stamp, later) = (Next(), Next());
        StoredRevision[] revisions = [new(stamp, stamp, "sessions", "s", null, null), new(later, later, "sessions", "s", stamp, null)];
        Assert.Empty(Checker.Problems([], StoredRows.Of("p0", revisions: revisions, sessions: [new("s", later, null)])));
        Assert.Single(Checker.Problems([], StoredRows.Of("p0", revisions: revisions, sessions: [new("s", stamp, null)])));
        Assert.Single(Checker.Problems([], StoredRows.Of("p0", revisions: revisions)));
    }

    [Fact]
    public void a_row_that_is_not_above_what_its_writer_knew_is_reported()
    {
        var (entry, _) = Written("one");
        var known = Next();
        Assert.Empty(OrderCheck.Problems([entry], _ => true));
        Assert.Single(OrderCheck.Problems([entry with { FloorOfSession = known }], _ => false));
        Assert.Single(OrderCheck.Problems([entry with { FloorOfAll = known }], _ => true));
        Assert.Empty(OrderCheck.Problems([entry with { FloorOfAll = known }], _ => false));
    }

    [Fact]
    public void a_write_that_nobody_took_is_a_refusal_unless_it_asked_for_more_than_the_local_file()
    {
        var (entry, _) = Written("one");
        var unknown = entry with { Answer = new WriterReport(Said.Info) };
        Assert.Single(OrderCheck.Refused([unknown]));
        Assert.Empty(OrderCheck.Refused([unknown with { Intent = unknown.Intent with { Concern = WriteConcern.Majority } }]));
        Assert.Empty(OrderCheck.Refused([entry with { Answer = null }]));
    }

    private (LedgerEntry Entry, StoredMessage Row) Written(string text, string? key = null, Guid? id = null)
    {
        var stamp = Next();
        var intent = new WriterReport(Said.Invoke) { Kind = key is null ? WriteKind.Append : WriteKind.Keyed, Session = "s", Key = key, Text = text };
        return (new LedgerEntry(0, 0, intent) { Answer = new WriterReport(Said.Ok) { Id = id ?? stamp, Stamp = stamp } }, new StoredMessage(id ?? stamp, stamp, "s", key, text));
    }

    private Guid Next() => _clock.Next().Value;

    private static IReadOnlyList<string> Problems(IReadOnlyList<LedgerEntry> entries, IReadOnlyList<StoredMessage> messages, IReadOnlyList<StoredConflict>? conflicts = null) =>
        Checker.Problems(entries, StoredRows.Of("p0", messages, conflicts: conflicts));
}
