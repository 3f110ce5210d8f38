using Holdfast.Rows;

namespace Holdfast.Stores;

/// <summary>
/// Makes rows (checked, stamped, with their ids) and hands them to the writer. All that a memory writes goes through here, so
/// that no row escapes the clock's rules.
/// </summary>
internal sealed class MemoryWriter(IRowAccess store, Clock clock, string tenantId, MergeRules rules) : IAsyncDisposable
{
    private readonly RowWriter _rows = new(store);

    /// <summary>Answers as soon as the local disk has the rows; null where the memory is on one store.</summary>
    public RowWriter? LocalRows { get; init; }

    /// <summary>Asks a majority of the providers at once; null where the memory is on one store.</summary>
    public RowWriter? MajorityRows { get; init; }

    /// <summary>What writes wait for unless they say otherwise.</summary>
    public WriteConcern Concern { get; init; }

    /// <summary>How long a write may wait for its concern.</summary>
    public TimeSpan ConcernTimeout { get; init; } = TimeSpan.FromSeconds(15);

    public IRowAccess Store => store;

    public Clock Clock => clock;

    public string TenantId => tenantId;

    public Floors Floors { get; } = new(clock, rules);

    public MergeRules Rules => rules;

    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Appends a row. A key within a session is that session's own: two conversations may both have a message "1".</summary>
    public async Task<AppendReceipt> AppendAsync(RowDraft draft, CancellationToken cancellationToken, WriteConcern? concern = null)
    {
        var row = Make(draft);
        var result = await WriteAsync(row, concern ?? Concern, cancellationToken).ConfigureAwait(false);
        if (result.Erased) await LearnErasuresAsync(cancellationToken).ConfigureAwait(false);
        return AppendReceipt.Of(row, result);
    }

    /// <summary>Appends rows in their order, sharing round trips. All are checked and stamped before the first is written.</summary>
    public async Task<IReadOnlyList<AppendReceipt>> AppendAsync(IReadOnlyList<RowDraft> drafts, CancellationToken cancellationToken)
    {
        var rows = drafts.Select(Make).ToList();
        var results = await Task.WhenAll(rows.Select(row => WriteAsync(row, Concern, cancellationToken)).ToList()).ConfigureAwait(false);
        if (results.Any(result => result.Erased)) await LearnErasuresAsync(cancellationToken).ConfigureAwait(false);
        return [.. rows.Zip(results, AppendReceipt.Of)];
    }

    /// <summary>
    /// Writes a register's next value, above <paramref name="base"/>: the revision that it was made from, or null.
    /// </summary>
    public async Task<Stamp> ReviseAsync(RegisterDraft draft, Stamp? @base, CancellationToken cancellationToken)
    {
        var row = Make(draft, @base);
        var result = await WriteAsync(row, cancellationToken).ConfigureAwait(false);
        if (result.Erased) await LearnErasuresAsync(cancellationToken).ConfigureAwait(false);
        return row.Stamp;
    }

    /// <summary>Writes a register's next value only if nobody changed it since <paramref name="expected"/>.</summary>
    /// <exception cref="RevisionConflictException">Somebody did; nothing was written.</exception>
    public async Task<Stamp> CompareAndSetAsync(RegisterDraft draft, Stamp? expected, CancellationToken cancellationToken)
    {
        var row = Make(draft, expected);
        return await store.CompareAndSetAsync(row, expected, cancellationToken).ConfigureAwait(false)
            ? row.Stamp
            : throw new RevisionConflictException($"{draft.Table.Name} '{draft.Key}'", expected ?? Stamp.None);
    }

    public Task<MergeResult> WriteAsync(Row row, CancellationToken cancellationToken) => WriteAsync(row, Concern, cancellationToken);

    public async Task<MergeResult> WriteAsync(Row row, WriteConcern concern, CancellationToken cancellationToken)
    {
        var rows = concern switch
        {
            WriteConcern.Local => LocalRows,
            WriteConcern.Majority => MajorityRows,
            _ => null,
        };
        var result = await (rows ?? _rows).WriteAsync(row, cancellationToken).ConfigureAwait(false);
        if (concern is WriteConcern.One or WriteConcern.Majority && result.Delivery is { } delivery
            && !await delivery.ReachAsync(concern, ConcernTimeout, TimeProvider, cancellationToken).ConfigureAwait(false))
            throw new WriteConcernException(row.Id, concern, delivery.Holders, ConcernTimeout);
        return result;
    }

    /// <summary>Reads which erasures there are, so that what is new is stamped above them.</summary>
    public async Task LearnErasuresAsync(CancellationToken cancellationToken) =>
        Learn(await Queries.ErasureQueries.ReadRowsAsync(store, tenantId, cancellationToken).ConfigureAwait(false));

    public void Learn(IEnumerable<Row> erasures)
    {
        foreach (var erasure in erasures)
        {
            var through = new Stamp((Guid)erasure["through"]!);
            Floors.Seen(Rows.Floors.Scope.UserErasure, erasure.UserId, through);
            Floors.Seen(Rows.Floors.Scope.SessionErasure, erasure.SessionId, through);
        }
    }

    public Row Make(RowDraft draft)
    {
        var floor = Floors.For(draft.UserId, draft.SessionId);
        if (rules.SuccessorStandsAbove) floor = Stamp.Max(floor, draft.Above);
        var stamp = clock.Next(floor);
        Floors.Seen(Rows.Floors.Scope.Conversation, draft.SessionId, stamp);
        var row = draft.ToRow(tenantId, stamp, clock.Now);
        return row;
    }

    public Row Make(RegisterDraft draft, Stamp? @base)
    {
        var floor = Floors.For(draft.UserId, draft.SessionId);
        if (rules.SuccessorStandsAbove && @base is { } previous) floor = Stamp.Max(floor, previous);
        return draft.ToRow(tenantId, clock.Next(floor), @base, clock.Now);
    }

    public async ValueTask DisposeAsync()
    {
        await _rows.DisposeAsync().ConfigureAwait(false);
        if (LocalRows is not null) await LocalRows.DisposeAsync().ConfigureAwait(false);
        if (MajorityRows is not null) await MajorityRows.DisposeAsync().ConfigureAwait(false);
    }
}
