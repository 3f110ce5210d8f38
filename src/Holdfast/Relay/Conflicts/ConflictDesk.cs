using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Relay.Conflicts;

/// <summary>
/// Finds what two sides changed without knowing of each other, and settles it: by a new revision on top of the current one, which names all that
/// it has seen. Nothing is taken away, and a side that arrives later opens the conflict again.
/// </summary>
internal sealed class ConflictDesk(MemoryWriter writer)
{
    private static readonly char[] Blank = [' '];

    /// <summary>The conflicts that nobody has settled.</summary>
    public async Task<IReadOnlyList<RevisionFork>> OpenForksAsync(CancellationToken cancellationToken)
    {
        var settled = new HashSet<string>(StringComparer.Ordinal);
        await foreach (var mark in ConflictQueries.MarksAsync(writer.Store, writer.TenantId, cancellationToken).ConfigureAwait(false)) settled.UnionWith(mark.Split(Blank));
        var sides = await ConflictQueries.ForksAsync(writer.Store, writer.TenantId, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
        return [.. sides.GroupBy(side => (Register: side.Text("target_table")!, Key: side.Text("target_key")!, Base: (Guid?)side["base"]))
            .Select(group => new RevisionFork(Tables.Get(group.Key.Register), group.Key.Key, group.Key.Base is { } stamp ? new Stamp(stamp) : null, [.. group]))
            .Where(fork => fork.SaysDifferentThings && fork.Sides.Any(side => !settled.Contains(side.Stamp.ToString())))];
    }

    /// <summary>The open conflict of which a revision is a side, or stands in the line of one; null: there is none.</summary>
    public async Task<RevisionFork?> FindAsync(Guid revision, CancellationToken cancellationToken)
    {
        var open = await OpenForksAsync(cancellationToken).ConfigureAwait(false);
        if (open.FirstOrDefault(fork => fork.Sides.Any(side => side.Id == revision)) is { } found) return found;
        foreach (var fork in open)
        {
            var line = await RevisionsAsync(fork, cancellationToken).ConfigureAwait(false);
            if (line.Any(row => row.Id == revision)) return fork;
        }
        return null;
    }

    /// <summary>All revisions of a conflict's key, oldest first.</summary>
    public async Task<IReadOnlyList<Row>> RevisionsAsync(RevisionFork fork, CancellationToken cancellationToken) =>
        await ConflictQueries.RevisionsAsync(writer.Store, writer.TenantId, fork.Register.Name, fork.Key, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>The register's current value.</summary>
    public Task<RegisterValue?> CurrentAsync(RevisionFork fork, CancellationToken cancellationToken) =>
        RegisterQueries.ReadAsync(writer.Store, fork.Register, writer.TenantId, fork.Key, cancellationToken);

    /// <summary>Makes <paramref name="content"/> the value, on top of the current one; its stamp. A change that comes at the same moment is a new conflict.</summary>
    public async Task<Stamp> SettleAsync(RevisionFork fork, string content, CancellationToken cancellationToken)
    {
        var current = await CurrentAsync(fork, cancellationToken).ConfigureAwait(false);
        var owner = fork.Sides[^1];
        // Revisions have no key of a caller's: the column says what this one settles.
        var revision = writer.Make(new RegisterDraft(fork.Register, fork.Key, content) { UserId = owner.UserId, SessionId = owner.SessionId }, current?.Revision)
            with { Key = string.Join(' ', fork.Sides.Select(side => side.Stamp)) };
        await writer.WriteAsync(revision, cancellationToken).ConfigureAwait(false);
        return revision.Stamp;
    }

    /// <summary>Append rows that lost against another of their key, the newest first: the first one stands for good, these are kept to be seen.</summary>
    public async Task<IReadOnlyList<Row>> LostAsync(int rowsMax, CancellationToken cancellationToken) =>
        await ConflictQueries.LostAsync(writer.Store, writer.TenantId, rowsMax, cancellationToken).ToListAsync(cancellationToken).ConfigureAwait(false);
}
