using Holdfast.Chaos.Writers;

namespace Holdfast.Chaos.Ledgers;

/// <summary>One write as its writer has reported it.</summary>
/// <param name="Writer">Who.</param>
/// <param name="Life">Which of its processes.</param>
/// <param name="Intent">What was to be written.</param>
internal sealed record LedgerEntry(int Writer, int Life, WriterReport Intent)
{
    /// <summary>The answer: ok, fail or info; a write without one is info.</summary>
    public WriterReport? Answer { get; set; }

    /// <summary>The highest stamp that this life had got or seen in the same session before it began: of messages for a message, of titles for a title.</summary>
    public Guid FloorOfSession { get; init; }

    /// <summary>The highest stamp that this life had got or seen anywhere before it began.</summary>
    public Guid FloorOfAll { get; init; }

    /// <summary>When the ledger heard of it, on its own clock.</summary>
    public long BegunAt { get; init; }

    /// <summary>When the ledger heard its answer.</summary>
    public long AnsweredAt { get; set; }

    public Said State => Answer?.Said ?? Said.Info;

    public string Session => Intent.Session!;

    public string Text => Intent.Text!;

    /// <summary>True: it goes to the messages, else to the revisions.</summary>
    public bool IsMessage => IsOfMessages(Intent.Kind);

    public static bool IsOfMessages(WriteKind kind) => kind is WriteKind.Append or WriteKind.Keyed or WriteKind.Invalid;

    public override string ToString() =>
        FormattableString.Invariant($"{State} {Intent.Kind} '{Text}' of writer {Writer} (life {Life}) in '{Session}'{(Intent.Key is { } key ? $" under '{key}'" : "")}{(State == Said.Ok ? $", row {Answer!.Id}, stamp {Answer.Stamp}, {Answer.Detail}" : Answer is null ? ", never answered" : $", {Answer.Detail}")}");
}
