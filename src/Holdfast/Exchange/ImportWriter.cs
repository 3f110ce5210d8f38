using System.Threading.Channels;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast.Exchange;

/// <summary>Writes batches as they come, as many at a time as the store takes, and counts what became of them.</summary>
internal sealed class ImportWriter(MemoryWriter writer, string tenantId, ImportRejects rejects, IProgress<ImportProgress>? progress)
{
    private readonly Lock _counting = new();
    private long _imported;
    private long _already;
    private long _conflicts;
    private long _erased;
    private long _rejected;
    private long _bytes;

    public async Task DrainAsync(ChannelReader<ImportBatch> batches, CancellationToken cancellationToken)
    {
        await foreach (var batch in batches.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (batch.NewSessions.Count > 0) await WriteAsync(await MissingAsync(batch.NewSessions, cancellationToken).ConfigureAwait(false), batch.Rows, batch.Lines, cancellationToken).ConfigureAwait(false);
            else if (batch.Rows.Count > 0) await WriteAsync([], batch.Rows, batch.Lines, cancellationToken).ConfigureAwait(false);
            Report(batch);
        }
    }

    public ImportResult Result(long bytes, IReadOnlyList<string> ignored) => new()
    {
        Lines = _imported + _already + _conflicts + rejects.Count,
        Imported = _imported,
        Already = _already,
        KeyConflicts = _conflicts,
        Erased = _erased,
        Rejected = rejects.Count,
        Bytes = bytes,
        Rejects = rejects.First,
        IgnoredFields = ignored,
    };

    private async Task WriteAsync(IReadOnlyList<Row> sessions, IReadOnlyList<Row> rows, IReadOnlyList<long> lines, CancellationToken cancellationToken)
    {
        try
        {
            var results = await writer.Store.MergeAsync(sessions.Count == 0 ? rows : [.. rows, .. sessions], cancellationToken).ConfigureAwait(false);
            Count(rows, results);
        }
        catch (RowRefusedException e) when (sessions.Count == 0 && rows.Count == 1)
        {
            await rejects.AddAsync(rows[0], lines[0], e.Message, cancellationToken).ConfigureAwait(false);
        }
        catch (RowRefusedException)
        {
            // Nothing was written. The sessions first, then halves until the culprit stands alone: the others go in.
            if (sessions.Count > 0) await writer.Store.MergeAsync(sessions, cancellationToken).ConfigureAwait(false);
            var half = rows.Count / 2;
            if (half > 0) await WriteAsync([], [.. rows.Take(half)], [.. lines.Take(half)], cancellationToken).ConfigureAwait(false);
            if (rows.Count > half) await WriteAsync([], [.. rows.Skip(half)], [.. lines.Skip(half)], cancellationToken).ConfigureAwait(false);
        }
    }

    // What was there before the import keeps its title; what another import makes at the same time is the same row.
    private async Task<IReadOnlyList<Row>> MissingAsync(List<Row> sessions, CancellationToken cancellationToken)
    {
        var known = await ExchangeQueries.KnownSessionsAsync(writer.Store, tenantId, [.. sessions.Select(row => row.SessionId!)], cancellationToken).ConfigureAwait(false);
        return [.. sessions.Where(row => !known.Contains(row.SessionId!))];
    }

    private void Count(IReadOnlyList<Row> rows, MergeResult[] results)
    {
        var now = Stamp.FromPacked(writer.Clock.Now.ToUnixTimeMilliseconds() << Stamp.CounterBits, 0);
        lock (_counting)
        {
            for (var i = 0; i < rows.Count; i++)
            {
                _ = results[i].Outcome switch
                {
                    MergeOutcome.Inserted => _imported++,
                    MergeOutcome.AlreadyStored => _already++,
                    _ => _conflicts++,
                };
                if (results[i].Erased) _erased++;
                // What is appended next in this process must stand behind rows of the future too.
                if (rows[i].Stamp > now) writer.Floors.Seen(Floors.Scope.Conversation, rows[i].SessionId, rows[i].Stamp);
            }
        }
    }

    private void Report(ImportBatch batch)
    {
        ImportProgress reached;
        lock (_counting)
        {
            _rejected += batch.Rejected;
            _bytes = Math.Max(_bytes, batch.Bytes);
            reached = new ImportProgress(_imported + _already + _conflicts + _rejected, _imported, _already, _rejected, _bytes);
        }
        progress?.Report(reached);
    }
}
