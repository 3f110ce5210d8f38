using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Schedules;
using Holdfast.Chaos.Writers;
using Holdfast.Rows;
using Xunit;

namespace Holdfast.Chaos.Tests;

/// <summary>What the ledger makes of reports, and plans of seeds.</summary>
public sealed class LedgerTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("holdfast-ledger-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void a_write_without_an_answer_is_unknown_and_every_line_is_on_the_disk()
    {
        using var ledger = new Ledger(Path.Combine(_folder, "ledger"));
        ledger.Add(0, 0, Invoke(1, "one"));
        ledger.Add(0, 0, Invoke(2, "two"));
        ledger.Add(0, 0, new WriterReport(Said.Ok) { Number = 2, Id = new Clock().Next().Value, Stamp = new Clock().Next().Value });
        Assert.Equal([Said.Info, Said.Ok], ledger.Entries.Select(entry => entry.State));
        using var file = new StreamReader(File.Open(ledger.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(3, file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void what_a_writer_saw_is_the_floor_of_what_it_writes_next()
    {
        using var ledger = new Ledger(Path.Combine(_folder, "ledger"));
        var stamp = new Clock().Next().Value;
        ledger.Add(0, 0, new WriterReport(Said.Saw) { Session = "s", Stamp = stamp });
        ledger.Add(0, 0, Invoke(1, "one"));
        ledger.Add(0, 1, Invoke(1, "of its next life"));
        Assert.Equal([stamp, Guid.Empty], ledger.Entries.Select(entry => entry.FloorOfSession));
        Assert.Equal([stamp, Guid.Empty], ledger.Entries.Select(entry => entry.FloorOfAll));
    }

    [Fact]
    public void a_seed_gives_the_same_plan_every_time_and_other_seeds_give_others()
    {
        Assert.Equal(RunPlan.Of(7, canFillDisks: true).ToString(), RunPlan.Of(7, canFillDisks: true).ToString());
        Assert.True(Enumerable.Range(1, 50).Select(seed => RunPlan.Of(seed, canFillDisks: true).ToString()).Distinct().Count() == 50);
        Assert.Equal(Enum.GetValues<Destruction>().Order(), Enumerable.Range(1, 12).Select(seed => RunPlan.Of(seed, canFillDisks: true).Destruction).Distinct().Order());
        Assert.DoesNotContain(Enumerable.Range(1, 50).SelectMany(seed => RunPlan.Of(seed, canFillDisks: false).Phases).SelectMany(phase => phase), step => step.Kind == FaultKind.DiskFull);
    }

    private static WriterReport Invoke(int number, string text) => new(Said.Invoke) { Number = number, Session = "s", Text = text };
}
