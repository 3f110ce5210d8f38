using Holdfast.Providers;
using Holdfast.Providers.Configuration;
using Holdfast.Providers.Control;
using Holdfast.Rows;
using Holdfast.Stores;
using Holdfast.Stores.Postgres;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Operations.Control;

/// <summary>
/// Carries an operator's decisions to all processes of a memory: to those of this machine through the control file, to those of
/// other machines as a setting at every provider that answers. Providers that do not answer get it from the spool.
/// </summary>
internal sealed class ProviderControl
{
    private static readonly TimeSpan ProviderTimeout = TimeSpan.FromSeconds(3);

    private readonly HoldfastOptions _options;
    private readonly IReadOnlyList<ProviderOptions> _servers;
    private readonly TimeSpan _timeout;
    private readonly ControlFile _file;

    public ProviderControl(HoldfastOptions options, IReadOnlyList<ProviderOptions> servers, TimeSpan? timeout = null)
    {
        (_options, _servers, _timeout) = (options, servers, timeout ?? ProviderTimeout);
        _file = new ControlFile(HoldfastHome.Resolve(options.Home));
    }

    /// <summary>The file through which processes of this machine are told.</summary>
    public string Path => _file.Path;

    /// <summary>
    /// Decides on top of the newest decision that this machine or any provider knows.
    /// </summary>
    /// <param name="decide">Makes the next state of the last one; what it throws changes nothing.</param>
    /// <param name="dryRun">True: nothing is written.</param>
    /// <param name="cancellationToken">Gives up; what was written stays.</param>
    public async Task<ControlChange> ChangeAsync(Func<ControlState, ControlState> decide, bool dryRun, CancellationToken cancellationToken)
    {
        var clock = new Clock(_options.TimeProvider);
        var contacts = await Task.WhenAll(_servers.Select(server => ContactAsync(server, clock, cancellationToken))).ConfigureAwait(false);
        try
        {
            var last = contacts.Select(contact => ControlSetting.StateOf(contact.Value)).OfType<ControlState>().Append(_file.Read()).MaxBy(state => state.ChangedAt)!;
            var next = decide(last);
            if (dryRun) return new ControlChange(last, next, [], []);
            _file.Write(next);
            var row = ControlSetting.Row(next, contacts.Select(contact => contact.Value?.Revision).Max(), clock);
            var told = await Task.WhenAll(contacts.Select(contact => TellAsync(contact, row, cancellationToken))).ConfigureAwait(false);
            List<string> reached = [.. _servers.Where((_, i) => told[i]).Select(server => server.Name)];
            if (_servers.Count > 0) await SpoolAsync(row, reached, cancellationToken).ConfigureAwait(false);
            return new ControlChange(last, next, reached, [.. _servers.Select(server => server.Name).Except(reached)]);
        }
        finally
        {
            foreach (var contact in contacts)
                if (contact.Store is { } store) await store.DisposeAsync().ConfigureAwait(false);
        }
    }

    private async Task<(PostgresStore? Store, Stores.Queries.RegisterValue? Value)> ContactAsync(ProviderOptions server, Clock clock, CancellationToken cancellationToken)
    {
        PostgresStore? store = null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_timeout);
        try
        {
            store = await ProviderConnections.ConnectAsync(server, _options, clock, deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            return (store, await ControlSetting.ReadAsync(store, deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false));
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // It is among those that were not told; the report names it.
            if (store is not null) await store.DisposeAsync().ConfigureAwait(false);
            return (null, null);
        }
    }

    private async Task<bool> TellAsync((PostgresStore? Store, Stores.Queries.RegisterValue? Value) contact, Row row, CancellationToken cancellationToken)
    {
        if (contact.Store is null) return false;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(_timeout);
        try
        {
            await contact.Store.MergeAsync([row], deadline.Token).WaitAsync(deadline.Token).ConfigureAwait(false);
            return true;
        }
        catch (Exception e) when (e is HoldfastException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    // Running processes send what stands in the spool to the providers that lack it.
    private async Task SpoolAsync(Row row, IReadOnlyList<string> reached, CancellationToken cancellationToken)
    {
        var store = SqliteStore.Open(_options.LocalFile ?? HoldfastHome.LocalFile(_options.Home), _options.TimeProvider);
        await using var _ = store.ConfigureAwait(false);
        var spool = new Spool(store, _options.TimeProvider);
        await spool.WriteAsync([row], cancellationToken).ConfigureAwait(false);
        await spool.ConfirmAsync([.. reached.Select(name => (row.Table, new RowReference(row.TenantId, row.Id, row.Stamp), name))], Math.Min(2, _servers.Count), cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>What a decision changed.</summary>
/// <param name="Before">What was decided before.</param>
/// <param name="After">What is decided now.</param>
/// <param name="Told">The providers that hold the decision: processes of other machines take it from them.</param>
/// <param name="NotTold">The providers that did not answer; they get it when they are back.</param>
internal sealed record ControlChange(ControlState Before, ControlState After, IReadOnlyList<string> Told, IReadOnlyList<string> NotTold);
