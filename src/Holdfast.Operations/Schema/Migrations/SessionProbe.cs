using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Makes sure that a connection is one session on one server: behind a pooler a session's lock would be somebody else's at the next statement.</summary>
internal static class SessionProbe
{
    private const int Rounds = 2;

    // A server that sees its client gone ends a build by itself, instead of holding the lock for it until the end (14 and newer, on Linux).
    private const string Begin = """
        select pg_backend_pid(), set_config('holdfast.session', $1, false), pg_is_in_recovery(), pg_postmaster_start_time(),
          case when version() like '%linux%' and current_setting('server_version_num')::int >= 140000 then set_config('client_connection_check_interval', '2s', false) end
        """;

    private const string Again = "select pg_backend_pid(), current_setting('holdfast.session', true)";

    /// <exception cref="SchemaException">It is a pooler, a standby, or two servers.</exception>
    public static async Task RequireAsync(NpgsqlConnection connection, NpgsqlConnection other, string target, CancellationToken cancellationToken)
    {
        var mark = $"{Environment.ProcessId}.{connection.ProcessID}.{other.ProcessID}";
        var mine = await AskAsync(connection, Begin, mark, cancellationToken).ConfigureAwait(false);
        // While the second connection has a transaction open a pooler cannot lend its session to the first.
        var busy = await other.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = busy.ConfigureAwait(false);
        var theirs = await AskAsync(other, Begin, mark + "'", cancellationToken).ConfigureAwait(false);
        var stable = (int)mine[0] == connection.ProcessID && (int)theirs[0] == other.ProcessID && (int)mine[0] != (int)theirs[0];
        for (var i = 0; i < Rounds && stable; i++)
        {
            var again = await AskAsync(connection, Again, null, cancellationToken).ConfigureAwait(false);
            stable = (int)again[0] == (int)mine[0] && again[1] as string == mark;
        }
        await busy.RollbackAsync(cancellationToken).ConfigureAwait(false);
        if (!stable) throw Pooler(target);
        if (!mine[3].Equals(theirs[3])) throw new SchemaException($"{target} leads to more than one server: two connections found two. Name one server.");
        if ((bool)mine[2]) throw new SchemaException($"{target} is a standby, which takes no changes. Name the server that it follows.");
    }

    public static SchemaException Pooler(string target) =>
        new($"{target} is a pooler: the lock that keeps two migrations apart would not hold there. Use the server's direct address.");

    private static async Task<object[]> AskAsync(NpgsqlConnection connection, string sql, string? mark, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        if (mark is not null) command.Parameters.Add(new NpgsqlParameter { Value = mark });
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var values = new object[reader.FieldCount];
        reader.GetValues(values);
        return values;
    }
}
