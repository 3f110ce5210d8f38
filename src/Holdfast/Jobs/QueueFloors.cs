using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Queries;

namespace Holdfast;

/// <summary>
/// Remembers, queue by queue, below which stamp every job is closed, so that a claim does not pass over all that was ever
/// done. Jobs can still turn up below: they are found when the whole queue is looked at again, once a minute.
/// </summary>
internal sealed class QueueFloors(MemoryWriter writer)
{
    private static readonly TimeSpan MoveEvery = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan LookAtAllEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<JobKind, QueueFloor> _floors = Enum.GetValues<JobKind>().ToDictionary(kind => kind, _ => new QueueFloor());

    public async Task<Stamp> OfAsync(JobKind kind, CancellationToken cancellationToken)
    {
        if (!_floors.TryGetValue(kind, out var floor)) throw new InvalidInputException("job_kind", $"'{kind}' is none of: {string.Join(", ", EnumText<JobKind>.All)}.");
        var now = writer.Clock.Now;
        if (floor.Begin(now) is not { } move) return floor.Stamp;
        try
        {
            var open = await ClaimQueries.LowestOpenAsync(writer.Store, writer.TenantId, kind, move.From, cancellationToken).ConfigureAwait(false);
            // Another process, whose clock is behind within the bound, may enqueue below the lowest that is open now.
            var recent = Clock.Imported(now - Clock.DriftMax, Stamp.None, 0);
            floor.End(move, open is { } lowest && lowest < recent ? lowest : recent, now);
        }
        finally
        {
            floor.Release();
        }
        return floor.Stamp;
    }

    /// <summary>A closed job was opened again: look at all at the next claim.</summary>
    public void Forget(JobKind kind) => _floors[kind].Forget();

    private readonly record struct FloorMove(Stamp From, int Generation);

    private sealed class QueueFloor
    {
        private readonly Lock _lock = new();
        private Stamp _stamp;
        private DateTimeOffset _moved;
        private DateTimeOffset _lookedAtAll;
        private int _generation;
        private bool _moving;

        public Stamp Stamp
        {
            get { lock (_lock) return _stamp; }
        }

        /// <summary>Null: the floor stays for now, or somebody else is moving it.</summary>
        public FloorMove? Begin(DateTimeOffset now)
        {
            lock (_lock)
            {
                // A clock that was set back counts as time that has passed.
                if (_moving || (now - _moved).Duration() < MoveEvery) return null;
                _moving = true;
                return new FloorMove((now - _lookedAtAll).Duration() < LookAtAllEvery ? _stamp : Stamp.None, _generation);
            }
        }

        public void End(FloorMove move, Stamp stamp, DateTimeOffset now)
        {
            lock (_lock)
            {
                // A job was opened again while this was read: what was read is of no use.
                if (move.Generation != _generation) return;
                _stamp = stamp;
                _moved = now;
                if (move.From == Stamp.None) _lookedAtAll = now;
            }
        }

        public void Release()
        {
            lock (_lock) _moving = false;
        }

        public void Forget()
        {
            lock (_lock)
            {
                _generation++;
                _stamp = Stamp.None;
                _moved = _lookedAtAll = default;
            }
        }
    }
}
