namespace Holdfast.Providers;

/// <summary>Which provider leads.</summary>
/// <param name="Primary">The provider that is asked first; null: none takes writes, the local file alone does.</param>
/// <param name="Since">When it took over.</param>
/// <param name="IsFailover">True when it is not the one that would lead if all were well.</param>
internal sealed record Route(Provider? Primary, DateTimeOffset Since, bool IsFailover);

/// <summary>A change of route, as it goes to <c>failover_events</c>.</summary>
/// <param name="From">Who led before.</param>
/// <param name="To">Who leads now; null: the local file alone.</param>
/// <param name="Cause">Why, in a word: a failure's cause, <c>failback</c>, <c>use</c>, <c>drained</c> or <c>nearer</c>.</param>
/// <param name="Detail">What the provider said.</param>
/// <param name="FailingSince">When the old primary's failing began; null for a planned change.</param>
/// <param name="At">When the route was changed.</param>
internal sealed record RouteChange(Provider? From, Provider? To, string Cause, string? Detail, DateTimeOffset? FailingSince, DateTimeOffset At);
