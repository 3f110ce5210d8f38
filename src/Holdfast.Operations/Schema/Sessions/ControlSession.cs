using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// One unpooled connection to the server itself, for work whose settings and locks belong to a session. It never leads to a
/// standby or a pooler, and it knows which server it is.
/// </summary>
internal sealed class ControlSession : IAsyncDisposable
{
    private const string Prepare = "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0";
    private const string Look = "select pg_is_in_recovery(), current_setting('server_version_num')::int / 10000";

    private ControlSession(NpgsqlConnection connection, string target) => (Connection, Target) = (connection, target);

    public NpgsqlConnection Connection { get; }

    /// <summary>The server, database and role, without secrets.</summary>
    public string Target { get; }

    public ServerIdentity Identity { get; private set; } = null!;

    /// <summary>Major version.</summary>
    public int ServerVersion { get; private set; }

    /// <summary>The server behind a connection, as errors and reports name it.</summary>
    public static string TargetOf(NpgsqlConnectionStringBuilder settings) => $"{settings.Host}:{settings.Port}/{settings.Database} role {settings.Username}";

    /// <param name="settings">Must lead to the server itself.</param>
    /// <param name="purpose">What the server's list of sessions shows.</param>
    /// <param name="expected">The server that it must be, or null for whichever answers.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="StoreUnavailableException">It does not answer.</exception>
    /// <exception cref="SchemaException">A pooler or a standby answers.</exception>
    /// <exception cref="ServerChangedException">It is not the expected one.</exception>
    /// <param name="schema">The schema whose owner the connected role becomes where it may and has no rights of its own there (a migrator); null: it stays what it is.</param>
    public static async Task<ControlSession> OpenAsync(NpgsqlConnectionStringBuilder settings, string purpose, ServerIdentity? expected, CancellationToken cancellationToken, string? schema = null)
    {
        var own = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, ApplicationName = purpose, CommandTimeout = 0 };
        var session = new ControlSession(PostgresSource.Connection(own), TargetOf(own));
        try
        {
            await session.Connection.OpenAsync(cancellationToken).ConfigureAwait(false);
            if (!await SafePath.PinAsync(session.Connection, cancellationToken).ConfigureAwait(false)) throw new SchemaException($"{session.Target} is a pooler: session settings and locks would not hold there. Use the server's direct address.");
            await session.RefuseStandbyAsync(cancellationToken).ConfigureAwait(false);
            await session.ExecuteAsync(Prepare, cancellationToken).ConfigureAwait(false);
            session.Identity = await ServerIdentity.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            if (expected is not null && expected != session.Identity) throw new ServerChangedException(session.Target, expected, session.Identity);
            if (schema is not null) await OwnerRole.AssumeWhereNeededAsync(session.Connection, schema, cancellationToken).ConfigureAwait(false);
            return session;
        }
        catch (Exception e)
        {
            await session.DisposeAsync().ConfigureAwait(false);
            if (e is NpgsqlException or TimeoutException) throw session.Translate(e);
            throw;
        }
    }

    /// <summary>An error of the server in words that name it.</summary>
    public Exception Translate(Exception error) => PostgresErrors.Translate(error, Target);

    public async Task<int> ExecuteAsync(string sql, CancellationToken cancellationToken, params object[] values)
    {
        var command = Command(sql, values);
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    public async Task<T> ScalarAsync<T>(string sql, CancellationToken cancellationToken, params object[] values)
    {
        var command = Command(sql, values);
        await using var _ = command.ConfigureAwait(false);
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is T value ? value : default!;
    }

    public async Task<List<T>> QueryAsync<T>(string sql, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken, params object[] values)
    {
        var command = Command(sql, values);
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        var rows = new List<T>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) rows.Add(read(reader));
        return rows;
    }

    /// <summary>Runs what an operator typed, whose names mean what they mean in a session of their own: extensions usually lie in <c>public</c>.</summary>
    public async Task ExecuteAsTypedAsync(string sql, CancellationToken cancellationToken)
    {
        await ExecuteAsync("reset search_path", cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(sql, cancellationToken).ConfigureAwait(false);
        await SafePath.PinAsync(Connection, cancellationToken).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => Connection.DisposeAsync();

    private NpgsqlCommand Command(string sql, object[] values)
    {
        var command = new NpgsqlCommand(sql, Connection);
        foreach (var value in values) command.Parameters.Add(new() { Value = value });
        return command;
    }

    private async Task RefuseStandbyAsync(CancellationToken cancellationToken)
    {
        var (isStandby, version) = (await QueryAsync(Look, row => (row.GetBoolean(0), row.GetInt32(1)), cancellationToken).ConfigureAwait(false))[0];
        ServerVersion = version;
        if (isStandby) throw new SchemaException($"{Target} is a standby and takes no change. Name the server that leads it; nothing was sent elsewhere.");
    }
}
