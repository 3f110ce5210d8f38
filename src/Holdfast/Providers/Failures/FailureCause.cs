namespace Holdfast.Providers.Failures;

/// <summary>Why an attempt at a provider failed.</summary>
public enum FailureCause
{
    /// <summary>Nothing answers: refused, no such host, silent, or the connection broke.</summary>
    Down,
    /// <summary>It starts up, recovers, or shuts down.</summary>
    Starting,
    /// <summary>It has been suspended for being idle; the next connection wakes it.</summary>
    Asleep,
    /// <summary>Its project is paused or disabled; only its console brings it back.</summary>
    Paused,
    /// <summary>The plan's quota is used up.</summary>
    Quota,
    /// <summary>The user name or the password is refused, or the address is banned.</summary>
    Authentication,
    /// <summary>The certificate or the protocol is not acceptable.</summary>
    Tls,
    /// <summary>The settings cannot work: no such database, no password given, a parameter that a pooler refuses.</summary>
    Configuration,
    /// <summary>It has no connection left.</summary>
    Saturated,
    /// <summary>This process's own pool has no connection left; the provider is not to blame.</summary>
    LocalPool,
    /// <summary>It does not take writes.</summary>
    ReadOnly,
    /// <summary>Its disk is full.</summary>
    DiskFull,
    /// <summary>It refuses our own rows: a missing table or column, a missing grant, a tightened CHECK.</summary>
    Drift,
    /// <summary>A statement took longer than its limit.</summary>
    StatementTimeout,
    /// <summary>Deadlock or serialization failure: the server asks for another try.</summary>
    Contention,
    /// <summary>The caller's own statement or input is refused.</summary>
    Caller,
    /// <summary>The caller gave up.</summary>
    Cancelled,
}
