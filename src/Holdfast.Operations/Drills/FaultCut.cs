namespace Holdfast.Operations.Drills;

/// <summary>
/// One connection that is to be cut at its next request with a text: the client cannot tell whether the server has carried it out.
/// </summary>
/// <param name="text">Whole words of the statement, letters of either case; null: any request.</param>
/// <param name="reachesServer">True: the server carries it out and its answer is lost. False: it never hears of it.</param>
internal sealed class FaultCut(string? text, bool reachesServer)
{
    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _taken;

    public bool ReachesServer => reachesServer;

    public Task Done => _done.Task;

    /// <summary>True for the first request that it concerns, and for no other.</summary>
    public bool TryTake(IEnumerable<string> statements) =>
        (text is null || statements.Any(statement => HoldsWords(statement, text)))
        && Interlocked.Exchange(ref _taken, 1) == 0;

    public void Complete() => _done.TrySetResult();

    public void Cancel() => _done.TrySetCanceled();

    // Whole words, because "begin … read committed" is no "commit".
    private static bool HoldsWords(string statement, string words)
    {
        bool IsLetter(int at) => at >= 0 && at < statement.Length && (char.IsLetterOrDigit(statement[at]) || statement[at] == '_');
        for (var at = -1; (at = statement.IndexOf(words, at + 1, StringComparison.OrdinalIgnoreCase)) >= 0;)
            if (!IsLetter(at - 1) && !IsLetter(at + words.Length)) return true;
        return false;
    }
}
