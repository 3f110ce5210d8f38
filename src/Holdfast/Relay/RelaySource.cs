using System.Globalization;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;

namespace Holdfast.Relay;

/// <summary>What is new at a source beyond the receiver's cursors.</summary>
/// <param name="Cursor">The receiver's cursor, set back to the start where the anchor is no longer what it was.</param>
/// <param name="HasNews">There are entries that can be read.</param>
/// <param name="IsHeldBack">There are entries that may still change their order: a write transaction older than them runs.</param>
/// <param name="LostAnchor">The source was restored, replaced or reloaded since the cursor was set.</param>
/// <param name="Horizon">The source's oldest running transaction that writes.</param>
internal sealed record TableNews(RelayCursor Cursor, bool HasNews, bool IsHeldBack, bool LostAnchor, ulong Horizon);

/// <summary>The side of a relay that rows come from.</summary>
internal static class RelaySource
{
    private static readonly IReadOnlyList<Table> Relayed = [.. Tables.Appends.OrderBy(table => table.Order)];

    private static readonly Statement News = RelayStatements.News(Relayed, MergeRules.All);

    public static async Task<IReadOnlyList<TableNews>> LookAsync(PostgresStore source, IReadOnlyDictionary<Table, RelayCursor> cursors, CancellationToken cancellationToken)
    {
        var identifier = await SystemIdentifierAsync(source, cancellationToken).ConfigureAwait(false);
        var known = Relayed.Select(table => cursors.GetValueOrDefault(table) ?? RelayCursor.FromStart(table, identifier)).ToList();
        var parameters = known.SelectMany(Parameters).ToArray();
        var rows = await source.QueryAsync(source.Rules == MergeRules.All ? News : RelayStatements.News(Relayed, source.Rules), parameters, row => (Index: (int)row.Integer(0), News: row.Boolean(1), HeldBack: row.Boolean(2), Anchor: row.Boolean(3), Horizon: row.Data.GetFieldValue<ulong>(4)), cancellationToken)
            .ToListAsync(cancellationToken).ConfigureAwait(false);
        return [.. rows.OrderBy(row => row.Index).Select(row =>
        {
            var cursor = known[row.Index];
            // A cluster of another name may count its transactions anew: what it writes then stands below the anchor.
            var lost = cursor.Anchor is not null && (!row.Anchor || cursor.SystemIdentifier != identifier);
            return new TableNews(lost ? RelayCursor.FromStart(cursor.Table, identifier) : cursor, row.News || lost, row.HeldBack, lost, row.Horizon);
        })];
    }

    public static async Task<string> HeldBackByAsync(PostgresStore source, CancellationToken cancellationToken) =>
        await source.QueryAsync(RelayStatements.HeldBackBy, [], row => row.Text(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);

    private static object?[] Parameters(RelayCursor cursor) =>
    [
        PostgresTypes.One(ColumnType.Position, cursor.Position.Feed), PostgresTypes.One(ColumnType.Text, cursor.Position.TenantId),
        PostgresTypes.One(ColumnType.Uuid, cursor.Position.Id), PostgresTypes.One(ColumnType.Integer, cursor.Anchor?.Nonce),
    ];

    private static async Task<string> SystemIdentifierAsync(PostgresStore source, CancellationToken cancellationToken)
    {
        try
        {
            return await source.QueryAsync(RelayStatements.SystemIdentifier, [], row => row.Text(0), cancellationToken).FirstAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (StoreUnavailableException e) when (e.InnerException is Npgsql.PostgresException { SqlState: Npgsql.PostgresErrorCodes.InsufficientPrivilege })
        {
            // The anchors still tell a restored source from this one; only a reload whose transactions count anew goes unseen.
            return string.Create(CultureInfo.InvariantCulture, $"{source.Identity.Address}");
        }
    }
}
