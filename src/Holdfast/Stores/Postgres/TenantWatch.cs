using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Runs a store's operations and knows whether row-level security holds its role to one tenant at a time: also when somebody
/// switches that on while the store is open.
/// </summary>
internal sealed class TenantWatch(TenantCommands tenants, PostgresIdentity identity, string schema)
{
    private const int TriesMax = 6;
    private const long LookAgainMilliseconds = 1_000;

    private volatile bool _byTenant = identity.Security.ByTenant;
    private long _lookedAt = Environment.TickCount64;

    /// <summary>Every statement names its tenant, and what goes over all of them is refused.</summary>
    public bool IsByTenant => _byTenant;

    /// <summary>No policy can ever hold this role.</summary>
    public bool IsExempt => identity.Security.IsExempt;

    /// <summary>Looks what the policies let this role see now; true: one tenant at a time.</summary>
    public async Task<bool> LookAsync(CancellationToken ct) => _byTenant = (await tenants.LookAsync(ct).ConfigureAwait(false)).ByTenant;

    /// <summary>
    /// Whether somebody has switched row-level security on since this store was opened: then an empty answer was none. Asked after
    /// empty answers, at most once a second, and when a write is refused for it.
    /// </summary>
    public async Task<bool> HasBecomeByTenantAsync(CancellationToken ct)
    {
        var (before, now) = (Interlocked.Read(ref _lookedAt), Environment.TickCount64);
        if (now - before < LookAgainMilliseconds || Interlocked.CompareExchange(ref _lookedAt, now, before) != before) return _byTenant;
        return await LookAsync(ct).ConfigureAwait(false);
    }

    /// <summary>What the server said of its policies in the transaction of an answer that was read without a tenant's name.</summary>
    /// <exception cref="TenantScopeException">The answer lacks what they left out.</exception>
    public void Check(RowSecurity security)
    {
        security.Check(identity.Address, schema);
        if (!security.ByTenant) return;
        (tenants.HasMatching, _byTenant) = (security.HasMatching, true);
        throw TenantScopeException.Changed(identity.Address);
    }

    /// <summary>Runs an operation, again where the server asks for that, and tells the driver's errors in the store's words.</summary>
    public async Task<T> RunAsync<T>(Func<CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            var wasByTenant = _byTenant;
            try
            {
                return await work(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (PostgresErrors.AsksForRetry(e) && attempt < TriesMax)
            {
                // Rolled back as a whole, and every operation here can be done again.
            }
            catch (PostgresException e) when (PostgresErrors.IsOfRowSecurity(e) && !wasByTenant && attempt < TriesMax)
            {
                // Switched on since this store was opened: the same once more, with the tenant's name. Another call may have found it out in between.
                if (!_byTenant && !await RunAsync(LookAsync, cancellationToken).ConfigureAwait(false)) throw PostgresErrors.Translate(e, identity.Address);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException or IOException && !cancellationToken.IsCancellationRequested)
            {
                throw PostgresErrors.Translate(e, identity.Address);
            }
        }
    }
}
