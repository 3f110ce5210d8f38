namespace Holdfast.Operations.Access.Tls;

/// <summary>How one point of a connection's protection stands.</summary>
internal enum TlsVerdict
{
    Good,
    Warning,
    Failed,
    /// <summary>It could not be seen, or does not apply.</summary>
    NotAsked,
}

/// <summary>One point that was looked at.</summary>
/// <param name="Point">Which: <c>mode</c>, <c>protocol</c>, <c>chain</c>, <c>name</c>, <c>days</c>, <c>direct</c>, <c>channel binding</c>, <c>sessions</c>.</param>
/// <param name="Verdict">How it stands.</param>
/// <param name="Detail">What was seen, without secrets.</param>
/// <param name="Advice">What to do.</param>
internal sealed record TlsPoint(string Point, TlsVerdict Verdict, string Detail, string? Advice = null);

/// <summary>How a provider's connections are protected.</summary>
/// <param name="Provider">Its name.</param>
/// <param name="Points">All that was looked at, in order.</param>
internal sealed record TlsReport(string Provider, IReadOnlyList<TlsPoint> Points)
{
    public TlsVerdict Verdict => Points.Any(point => point.Verdict == TlsVerdict.Failed) ? TlsVerdict.Failed
        : Points.Any(point => point.Verdict == TlsVerdict.Warning) ? TlsVerdict.Warning : TlsVerdict.Good;

    /// <summary>The server was not reached, so that nothing is known of it.</summary>
    public string? Unreachable { get; init; }

    /// <summary>Days that the certificate is still valid; null: none was shown.</summary>
    public int? DaysLeft { get; init; }
}
