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

    public ConfirmationLog(Spool spool, int holdersNeeded, TimeProvider time)
    {
        _spool = spool;
        _holdersNeeded = holdersNeeded;
        _time = time;
        _loop = Task.Run(RunAsync);
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

    private async Task RunAsync()
    {
        var gathered = new HashSet<Delivery>();
        while (await _confirmed.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            await Task.WhenAny(Task.Delay(GatherFor, _time, _closing.Token)).ConfigureAwait(false);
            while (_confirmed.Reader.TryRead(out var delivery)) gathered.Add(delivery);
            foreach (var chunk in gathered.SelectMany(Confirmations).Chunk(RowsMax))
            {
                try
                {
                    await _spool.ConfirmAsync(chunk, _holdersNeeded, CancellationToken.None).ConfigureAwait(false);
                }
                catch (StoreUnavailableException)
                {
                    // The rows stay marked as waiting: they are sent once more by the next scan, and that changes nothing.
                    break;
                }
            }
            gathered.Clear();
        }
    }

    private static IEnumerable<(Table, RowReference, string)> Confirmations(Delivery delivery) =>
        from holder in delivery.Holders from row in delivery.Rows select (row.Table, new RowReference(row.TenantId, row.Id, row.Stamp), holder);
}
