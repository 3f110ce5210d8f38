using System.Threading.Channels;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Providers;

/// <summary>
/// Writes down in the spool who holds what, gathered for a moment: a crash in between only sends rows again that are there
/// already.
/// </summary>
internal sealed class ConfirmationLog : IAsyncDisposable
{
    private static readonly TimeSpan GatherFor = TimeSpan.FromMilliseconds(200);

    /// <summary>Rows a transaction: the spool's next write must not wait long for it.</summary>
    private const int RowsMax = 500;

    private readonly Channel<Delivery> _confirmed = Channel.CreateUnbounded<Delivery>();
    private readonly Spool _spool;
    private readonly int _holdersNeeded;
    private readonly TimeProvider _time;
    private readonly CancellationTokenSource _closing = new();
    private readonly Task _loop;

    public ConfirmationLog(Spool spool, int holdersNeeded, TimeProvider time, Action<Exception> failed)
    {
        _spool = spool;
        _holdersNeeded = holdersNeeded;
        _time = time;
        _loop = Task.Run(() => BackgroundLoop.RunAsync(TurnAsync, failed, time, CancellationToken.None));
    }

    public void Add(Delivery delivery) => _confirmed.Writer.TryWrite(delivery);

    /// <summary>Writes what was gathered, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _confirmed.Writer.TryComplete();
        await _closing.CancelAsync().ConfigureAwait(false);
        await _loop.ConfigureAwait(false);
        _closing.Dispose();
    }

    // Ends when the channel is closed and empty, not with the token: what was gathered is written down.
    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        if (!await _confirmed.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false)) return false;
        await Task.WhenAny(Task.Delay(GatherFor, _time, _closing.Token)).ConfigureAwait(false);
        var gathered = new HashSet<Delivery>();
        while (_confirmed.Reader.TryRead(out var delivery)) gathered.Add(delivery);
        // What cannot be written down stays marked as waiting: it is sent once more by the next scan, and that changes nothing.
        foreach (var chunk in gathered.SelectMany(Confirmations).Chunk(RowsMax))
            await _spool.ConfirmAsync(chunk, _holdersNeeded, CancellationToken.None).ConfigureAwait(false);
        return true;
    }

    private static IEnumerable<(Table, RowReference, string)> Confirmations(Delivery delivery) =>
        from holder in delivery.Holders from row in delivery.Rows select (row.Table, new RowReference(row.TenantId, row.Id, row.Stamp), holder);
}
