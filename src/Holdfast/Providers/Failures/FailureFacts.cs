namespace Holdfast.Providers.Failures;

/// <summary>What follows from a failure for its provider and for the one who operates it.</summary>
internal static class FailureFacts
{
    extension(Failure failure)
    {
        /// <summary>False: the provider did what it should; its circuit breaker must not count this.</summary>
        public bool CountsAgainstProvider => failure.Cause is not
            (FailureCause.LocalPool or FailureCause.Caller or FailureCause.Cancelled or FailureCause.StatementTimeout or FailureCause.Contention);

        /// <summary>True when the provider answers but does not take our rows.</summary>
        public bool RefusesRowsOnly => failure.Cause is FailureCause.ReadOnly or FailureCause.DiskFull or FailureCause.Drift;

        /// <summary>The next step, in one sentence.</summary>
        public string Advice => failure.Cause switch
        {
            FailureCause.Down => "Nothing answers: check the host name and the port, look at the provider's status page, and compare with another provider, since it may be this machine's network.",
            FailureCause.Starting => "The server starts or shuts down: it is tried again by itself; if this lasts for minutes, look at the provider's console for maintenance.",
            FailureCause.Asleep => "The database was suspended for being idle and the next connection wakes it: it is tried again by itself.",
            FailureCause.Paused => "The project is paused or disabled: open the provider's console and restore it, and check there that the user name has the project's reference.",
            FailureCause.Quota => "The plan's quota is used up: open the provider's console, raise the limit or the plan, or wait for the next period.",
            FailureCause.Authentication => "The user name, the password or this address is refused: correct the connection's credentials or the provider's list of addresses, and wait two minutes before the next try, because some providers ban an address after two wrong passwords.",
            FailureCause.Tls => "The encrypted connection is not acceptable: check the host name, the certificate's dates and the certificate authority (sslmode, sslrootcert) of the connection.",
            FailureCause.Configuration => "The settings cannot work: run 'holdfast config check' and compare host, port, database and user with what the provider's console shows.",
            FailureCause.Saturated => "The server or its pooler has no connection left: close idle clients, lower the pool size of each process, or use the provider's pooled endpoint.",
            FailureCause.LocalPool => "This process uses all of its own connections: raise the provider's pool size, or look for calls that keep a connection.",
            FailureCause.ReadOnly => "It does not take writes: it is a standby, its role or database is set to default_transaction_read_only, or the provider made it read-only because the disk is nearly full.",
            FailureCause.DiskFull => "The disk is full: free space or enlarge it; until then it is read but not written.",
            FailureCause.Drift => "It refuses rows that other providers take: run 'holdfast schema migrate' against it, and grant its role what the message names.",
            FailureCause.StatementTimeout => "The statement took longer than its limit: see 'holdfast query slow', or raise the limit.",
            FailureCause.Contention => "Another transaction was in the way and the server undid this one: it is tried again by itself.",
            FailureCause.Caller => "The statement or its input is refused: correct it, other providers would refuse it too.",
            _ => "The caller gave up: nothing is to be done.",
        };
    }
}
