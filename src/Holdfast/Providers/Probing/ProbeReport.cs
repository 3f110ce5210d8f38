using System.Security.Authentication;
using Holdfast.Providers.Failures;

namespace Holdfast.Providers.Probing;

/// <summary>What a probe found out. What it did not reach or may not read is null: unknown, not absent.</summary>
/// <param name="Provider">Whose.</param>
/// <param name="StartedAt">When, by this machine's clock.</param>
/// <param name="Duration">How long all of it took.</param>
/// <param name="Steps">All rungs in order.</param>
/// <param name="Facts">What the server told on the way.</param>
internal sealed record ProbeReport(string Provider, DateTimeOffset StartedAt, TimeSpan Duration, IReadOnlyList<ProbeStepResult> Steps, ProbeFacts Facts)
{
    /// <summary>The rung that failed, null: none did.</summary>
    public ProbeStepResult? FailedStep => Steps.FirstOrDefault(step => step.State == ProbeState.Failed);

    /// <summary>Why it failed, null: rows can be written.</summary>
    public Failure? Failure => FailedStep?.Failure;

    /// <summary>What to do, null: nothing.</summary>
    public string? Advice => FailedStep?.Advice;

    /// <summary>Every rung passed: rows can be written there.</summary>
    public bool IsHealthy => FailedStep is null;

    /// <summary>Round trip of a query on an open connection.</summary>
    public TimeSpan? Latency => Facts.Latency;
}

/// <summary>What a server told during a probe; null: unknown.</summary>
internal sealed class ProbeFacts
{
    /// <summary>Round trip of a query on an open connection.</summary>
    public TimeSpan? Latency { get; set; }

    /// <summary>Major version.</summary>
    public int? ServerVersion { get; set; }

    /// <summary>The cluster's own number; a copy of it has the same one.</summary>
    public string? SystemIdentifier { get; set; }

    /// <summary>Which database of which running server it is.</summary>
    public Stores.Postgres.ServerStart? Server { get; set; }

    /// <summary>The server's clock minus ours.</summary>
    public TimeSpan? ClockOffset { get; set; }

    /// <summary>Half of the round trip in which the clock was read.</summary>
    public TimeSpan? ClockUncertainty { get; set; }

    /// <summary>A pooler answers in the server's place.</summary>
    public bool? IsPooled { get; set; }

    /// <summary>It is a standby.</summary>
    public bool? IsStandby { get; set; }

    /// <summary>Row-level security shows the connected role one tenant at a time.</summary>
    public bool? IsByTenant { get; set; }

    /// <summary>The last migration that was applied.</summary>
    public string? SchemaVersion { get; set; }

    /// <summary>The migration that this program ships, where the server has not had it yet but takes rows; null: it has.</summary>
    public string? SchemaAwaited { get; set; }

    /// <summary>The fingerprint of its history up to there.</summary>
    public string? ChainHash { get; set; }

    /// <summary>The protocol that was agreed on; null: not encrypted, or unknown.</summary>
    public SslProtocols? TlsProtocol { get; set; }

    /// <summary>The certificate's SHA-256, in hexadecimal digits; null: none was shown.</summary>
    public string? CertificateDigest { get; set; }

    /// <summary>When the certificate ends.</summary>
    public DateTimeOffset? CertificateEnds { get; set; }

    /// <summary>Whole days until then; negative: it has ended.</summary>
    public int? CertificateDaysLeft { get; set; }

    /// <summary>What a stricter <c>sslmode</c> would refuse the certificate for.</summary>
    public string? CertificateProblem { get; set; }

    /// <summary>The same, one by one.</summary>
    public CertificateProblem CertificateProblems { get; set; }
}
