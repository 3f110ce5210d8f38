using Holdfast.Operations.Schema.Sessions;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>The one migrator at work on a server: its connection with the lock, and a second one that looks at what the first waits for.</summary>
internal sealed class MigrationSession : IAsyncDisposable
{
    private TimeSpan _waited;

    private MigrationSession(NpgsqlConnection connection, NpgsqlConnection observer, string? owner, TimeSpan waited)
    {
        Connection = connection;
        Observer = observer;
        Owner = owner;
        _waited = waited;
    }

    public NpgsqlConnection Connection { get; }

    public NpgsqlConnection Observer { get; }

    /// <summary>The role that owns the schema and that the files run as, quoted where it must be; null: the one that connected.</summary>
    public string? Owner { get; }

    /// <summary>How long it waited for other migrators: told once, of the first file.</summary>
    public TimeSpan TakeWaited()
    {
        var waited = _waited;
        _waited = TimeSpan.Zero;
        return waited;
    }

    /// <param name="connection">Unpooled, already open; it belongs to the session from here on, also when this throws.</param>
    /// <param name="target">The server.</param>
    /// <param name="cancellationToken">Ends the wait for the lock.</param>
    public static async Task<MigrationSession> StartAsync(NpgsqlConnection connection, MigrationTarget target, CancellationToken cancellationToken)
    {
        NpgsqlConnection? observer = null;
        try
        {
            observer = await target.OpenAsItselfAsync(cancellationToken).ConfigureAwait(false);
            await SessionProbe.RequireAsync(connection, observer, target.Name, cancellationToken).ConfigureAwait(false);
            var waited = await MigrationLock.TakeAsync(connection, target.Options.LockWaitMax, target.Time, cancellationToken).ConfigureAwait(false);
            var owner = await OwnerRole.AssumeAsync(connection, target.Schema, cancellationToken).ConfigureAwait(false);
            return new MigrationSession(connection, observer, owner, waited);
        }
        catch
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (observer is not null) await observer.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            // The connection is closed for good afterwards, and with it the lock, should this not reach the server.
            if (Connection.FullState == System.Data.ConnectionState.Open) await MigrationLock.ReleaseAsync(Connection).ConfigureAwait(false);
        }
        catch (NpgsqlException)
        {
            // The server ends the session, and with it the lock, when it notices that nobody is there.
        }
        finally
        {
            await Connection.DisposeAsync().ConfigureAwait(false);
            await Observer.DisposeAsync().ConfigureAwait(false);
        }
    }
}
