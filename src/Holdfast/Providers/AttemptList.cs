namespace Holdfast.Providers;

/// <summary>What was tried for one call, so that its final error can tell all of it.</summary>
internal sealed class AttemptList
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public void Add(AttemptFailedException failed) =>
        Add(FormattableString.Invariant($"{failed.Provider} after {failed.Took.TotalMilliseconds:0} ms: {failed.Failure.Message}"), failed);

    public void Add(string line, Exception? error = null)
    {
        lock (_lock)
        {
            _lines.Add(line);
            First ??= error;
            SpoolFull ??= error as SpoolFullException;
        }
    }

    public Exception? First { get; private set; }

    /// <summary>The spool's own refusal, which tells what to do about it.</summary>
    public SpoolFullException? SpoolFull { get; private set; }

    /// <summary>Every attempt, numbered.</summary>
    public string Text
    {
        get
        {
            lock (_lock)
                return _lines.Count == 0 ? "No provider could be tried." : string.Join(" ", _lines.Select((line, i) => $"[{i + 1}] {line.TrimEnd('.')}."));
        }
    }

    public StoreUnavailableException ToException(string fact) => new($"{fact} {Text} See 'holdfast doctor'.", First);
}
