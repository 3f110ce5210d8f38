namespace Holdfast.Rows;

/// <summary>
/// The rules that writers and stores keep, by name. There is one set, <see cref="All"/>; tests switch a rule off to show that
/// without it stores end up different or lose something.
/// </summary>
/// <param name="FirstStampWins">A row with a lower stamp replaces the one that has its id (instead of "do nothing").</param>
/// <param name="ReplacedRowMovesInFeed">A replaced row takes a new feed position, so that readers of the feed see it again.</param>
/// <param name="ArrivingLoserIsKept">Not only a displaced row goes to <c>conflicts</c>, an arriving one that loses does too.</param>
/// <param name="LoserKeepsStampAndScope">A conflict inherits the loser's stamp, user and session, so that an erase reaches it.</param>
/// <param name="CoveredRowIsStoredEmpty">A row that an erasure covers is stored without content (instead of being left out).</param>
/// <param name="SuccessorStandsAbove">A successor's stamp is above what it follows, even beyond the clock's drift bound.</param>
/// <param name="ErasureCoversWhatIsThere">An erasure goes through every stamp of its scope that the store holds, and new rows are stamped above it.</param>
/// <param name="ReadStampsMoveTheClock">A stamp that was read moves the shared clock past it, within its drift bound.</param>
/// <param name="FeedWaitsForOlderTransactions">The feed ends before the oldest transaction that still runs, so that nothing appears behind its reader.</param>
internal sealed record MergeRules(
    bool FirstStampWins = true, bool ReplacedRowMovesInFeed = true, bool ArrivingLoserIsKept = true,
    bool LoserKeepsStampAndScope = true, bool CoveredRowIsStoredEmpty = true,
    bool SuccessorStandsAbove = true, bool ErasureCoversWhatIsThere = true,
    bool ReadStampsMoveTheClock = true, bool FeedWaitsForOlderTransactions = true)
{
    public static readonly MergeRules All = new();
}
