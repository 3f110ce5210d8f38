using System.Globalization;
using Microsoft.Extensions.AI;

namespace Holdfast.Chaos.Writers;

/// <summary>One of a writer's callers: it does one thing after the other, mostly in a session of its own.</summary>
internal sealed class WriterLane
{
    private readonly AgentMemory _memory;
    private readonly WriterPlan _plan;
    private readonly WriterOutput _reports;
    private readonly Random _random;
    private readonly int _lane;
    private readonly Session _own;
    private readonly Session _shared;
    private readonly HashSet<Guid> _acknowledged = [];
    private readonly List<WriterReport> _keyed = [];
    private int _steps;

    private WriterLane(AgentMemory memory, WriterPlan plan, int lane, WriterOutput reports, Session own, Session shared)
    {
        (_memory, _plan, _lane, _reports, _own, _shared) = (memory, plan, lane, reports, own, shared);
        _random = new Random(HashCode.Combine(plan.Seed, plan.Writer, plan.Life, lane));
    }

    public static async Task<WriterLane> OpenAsync(AgentMemory memory, WriterPlan plan, int lane, WriterOutput reports) => new(memory, plan, lane, reports,
        await memory.OpenSessionAsync(WriterPlan.SessionOf(plan.Writer, lane)), await memory.OpenSessionAsync(WriterPlan.SharedSession));

    public async Task RunAsync(PauseGate gate, CancellationToken stopping)
    {
        // A person types, an agent thinks: without a pause two lanes would be a load test.
        using var pace = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        while (!stopping.IsCancellationRequested)
        {
            await gate.PassAsync();
            await StepAsync();
            _steps++;
            await pace.WaitForNextTickAsync(CancellationToken.None);
        }
    }

    private Task StepAsync() => _random.Next(100) switch
    {
        < 50 => AppendAsync(_own, null),
        < 58 => AppendAsync(_own, Text("key")),
        < 63 => RetryAsync(),
        // The same key at about the same time by every writer: one of them wins, on every store the same one.
        < 75 => AppendAsync(_shared, string.Create(CultureInfo.InvariantCulture, $"key {_steps / 8}")),
        < 82 => AppendAsync(_shared, null),
        < 86 => BurstAsync(),
        < 89 => RetitleAsync(),
        < 91 => RetitleIfAsync(),
        < 96 => PeekAsync(),
        < 98 => ReadOwnAsync(),
        _ => RefusedAsync(),
    };

    private async Task AppendAsync(Session session, string? key, string? text = null)
    {
        var concern = _random.Next(20) switch { 0 => WriteConcern.Majority, 1 => WriteConcern.One, 2 => WriteConcern.Local, _ => WriteConcern.Available };
        var intent = new WriterReport(Said.Invoke) { Kind = key is null ? WriteKind.Append : WriteKind.Keyed, Concern = concern, Session = session.Id, Key = key, Text = text ?? Text("says") };
        if (session == _own && key is not null && text is null) _keyed.Add(intent);
        var answer = await _reports.ReportAsync(intent, async () => Answer(await session.AppendUserAsync(intent.Text!, new AppendOptions { Key = key, Concern = concern })));
        if (answer is { } row && session == _own) _acknowledged.Add(row.Id);
    }

    private Task RetryAsync() => _keyed.Count == 0
        ? AppendAsync(_own, null)
        : _keyed[_random.Next(_keyed.Count)] is var before ? AppendAsync(_own, before.Key, before.Text) : Task.CompletedTask;

    private async Task BurstAsync()
    {
        var texts = Enumerable.Range(0, 2 + _random.Next(12)).Select(i => Text(string.Create(CultureInfo.InvariantCulture, $"burst {i}"))).ToList();
        var written = new TaskCompletionSource<IReadOnlyList<AppendReceipt>>();
        // All are announced before the first is written.
        var reported = texts.Select((text, i) => _reports.ReportAsync(
            new WriterReport(Said.Invoke) { Kind = WriteKind.Append, Session = _own.Id, Text = text }, async () => Answer((await written.Task)[i]))).ToList();
        try
        {
            written.SetResult(await _own.AppendAsync(texts.Select(text => new ChatMessage(ChatRole.Assistant, text))));
        }
        catch (HoldfastException e)
        {
            written.SetException(e);
        }
        foreach (var answer in await Task.WhenAll(reported))
            if (answer is { } row) _acknowledged.Add(row.Id);
    }

    private Task RetitleAsync()
    {
        var title = Text("title");
        return _reports.ReportAsync(new WriterReport(Said.Invoke) { Kind = WriteKind.Title, Session = _shared.Id, Text = title }, async () => Answer(await _shared.UpdateAsync(title)));
    }

    private async Task RetitleIfAsync()
    {
        try
        {
            if (await _own.GetInfoAsync() is not { } info) return;
            var title = Text("title");
            await _reports.ReportAsync(new WriterReport(Said.Invoke) { Kind = WriteKind.TitleIf, Session = _own.Id, Text = title }, async () => Answer(await _own.UpdateAsync(title, expectedRevision: info.Revision)));
        }
        catch (StoreUnavailableException)
        {
            // A read may find nobody; nothing was asked to be written.
        }
    }

    private async Task PeekAsync()
    {
        var session = _random.Next(3) == 0 ? _shared.Id : WriterPlan.SessionOf(_random.Next(_plan.Writers), _random.Next(WriterPlan.Lanes));
        try
        {
            if (session == _own.Id) await SeeAsync(_own);
            else if (session == _shared.Id) await SeeAsync(_shared);
            else if (await _memory.ResumeSessionAsync(session) is { } other) await SeeAsync(other);
        }
        catch (StoreUnavailableException)
        {
            // A read may find nobody.
        }
    }

    private async Task SeeAsync(Session session)
    {
        if (await session.LoadLastAsync(5) is [.., var last]) _reports.Say(new WriterReport(Said.Saw) { Session = session.Id, Stamp = last.Stamp.Value });
    }

    private async Task ReadOwnAsync()
    {
        try
        {
            var found = (await _own.LoadAsync()).Select(memory => memory.Id).ToHashSet();
            foreach (var id in _acknowledged.Where(id => !found.Contains(id))) _reports.Say(new WriterReport(Said.Missed) { Session = _own.Id, Id = id });
        }
        catch (StoreUnavailableException)
        {
            // A read may find nobody.
        }
    }

    // Refused before any store hears of it: a key of more bytes than any may have.
    private Task RefusedAsync()
    {
        var intent = new WriterReport(Said.Invoke) { Kind = WriteKind.Invalid, Session = _own.Id, Text = Text("refused") };
        return _reports.ReportAsync(intent, async () => Answer(await _own.AppendUserAsync(intent.Text!, new AppendOptions { Key = new string('k', 2_000) })));
    }

    private string Text(string what) => string.Create(CultureInfo.InvariantCulture, $"{what} {_plan.Writer}.{_plan.Life}.{_lane}/{_steps}");

    private static (Guid, Guid, string) Answer(AppendReceipt receipt) => (receipt.Id, receipt.Stamp.Value, $"{receipt.Outcome} {receipt.Reached} by {string.Join(",", receipt.Holders)}");

    private static (Guid, Guid, string) Answer(Rows.Stamp revision) => (revision.Value, revision.Value, "revision");
}
