using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// Which server answers: what was repaired must be read again from the same one. A standby that was promoted meanwhile has the
/// same system identifier but another timeline, so it is another server here.
/// </summary>
/// <param name="Id">Equal for the same database of the same server, and for no other.</param>
/// <param name="IsExact">False where the server does not tell its system identifier: then its address and start time stand for it, and a restart looks like another server.</param>
internal sealed record ServerIdentity(string Id, bool IsExact)
{
    private const string MayAsk = "select has_function_privilege('pg_control_system()', 'execute') and has_function_privilege('pg_control_checkpoint()', 'execute')";

    private const string Exact = """
        select (select system_identifier::text from pg_control_system()) || '/' || (select timeline_id::text from pg_control_checkpoint()) || '/' || d.oid::text
        from pg_database d where d.datname = current_database()
        """;

    private const string Fallback = """
        select pg_catalog.concat_ws('/', $1::text, d.datname, d.oid, extract(epoch from pg_postmaster_start_time()))
        from pg_database d where d.datname = current_database()
        """;

    public static async Task<ServerIdentity> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var may = new NpgsqlCommand(MayAsk, connection);
        await using var _ = may.ConfigureAwait(false);
        var isExact = (bool)(await may.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!;
        var command = new NpgsqlCommand(isExact ? Exact : Fallback, connection);
        await using var __ = command.ConfigureAwait(false);
        if (!isExact) command.Parameters.Add(new() { Value = $"{connection.Host}:{connection.Port}" });
        return new ServerIdentity((string)(await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false))!, isExact);
    }
}

/// <summary>Another server answered than the one that was changed: nothing is known about that one.</summary>
public sealed class ServerChangedException : HoldfastException
{
    internal ServerChangedException(string target, ServerIdentity before, ServerIdentity after)
        : base($"{target}: another server answers now ({after.Id}) than the one that the work began on ({before.Id}). Nothing was sent to this one. Find out where the address leads, then run the command again.") { }
}
