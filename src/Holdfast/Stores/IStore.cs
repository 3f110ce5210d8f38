using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>
/// One place that holds rows. <see cref="Sqlite.SqliteStore"/> and <see cref="Postgres.PostgresStore"/> keep the same contract
/// and pass the same tests.
/// </summary>
internal interface IStore : IRowAccess
{
    /// <summary>
    /// The next entries of a table's feed after <paramref name="after"/>, oldest first. Nothing that commits later will ever
    /// stand at or before an entry that was returned.
    /// </summary>
    Task<IReadOnlyList<FeedEntry>> ReadFeedAsync(Table table, FeedPosition after, int entriesMax, CancellationToken cancellationToken);

    /// <summary>Of these rows, those that are missing here or stand here with a higher stamp.</summary>
    Task<IReadOnlyList<RowReference>> FindMissingAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken);

    /// <summary>Whole rows by their keys; what is not there is left out.</summary>
    Task<IReadOnlyList<Row>> ReadRowsAsync(Table table, IReadOnlyList<RowReference> rows, CancellationToken cancellationToken);
}
