using Holdfast.Providers;

namespace Holdfast.Relay;

/// <summary>One direction between two providers, as this process looks after it.</summary>
internal sealed class RelayLink(Provider source, Provider receiver, RelayPull pull)
{
    public Provider Source => source;

    public Provider Receiver => receiver;

    public RelayPull Pull => pull;

    /// <summary>True once somebody has read the source to its end and the receiver says so; null: not known.</summary>
    public bool? IsPending { get; set; }

    /// <summary>The beginning of the last round of this process that found nothing more to bring.</summary>
    public DateTimeOffset? CaughtUpAt { get; set; }

    /// <summary>The receiver's time of coming into use for which it is known whether it lacks rows.</summary>
    public DateTimeOffset? AssessedFor { get; set; }

    /// <summary>When the next round is due.</summary>
    public DateTimeOffset NextAt { get; set; }

    /// <summary>The time between two rounds; it grows while there is nothing to do.</summary>
    public TimeSpan Period { get; set; }

    /// <summary>What ended the last round; null: nothing did.</summary>
    public string? LastError { get; set; }

    /// <summary>Rows that this process has brought over.</summary>
    public long Rows { get; set; }

    public bool CanRun => source is { IsReadable: true, Store: not null } && receiver is { IsWritable: true, Store: not null };
}
