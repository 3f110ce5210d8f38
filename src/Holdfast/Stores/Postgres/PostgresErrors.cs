using System.Net.Sockets;
using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Turns what Npgsql throws into errors that name the fact, the values and the next step.</summary>
internal static class PostgresErrors
{
    public static Exception Translate(Exception error, string address) => error switch
    {
        PostgresException { SqlState: "42P01" or "3F000" or "42703" } e => new SchemaException(
            $"{address}: {e.MessageText} ({e.SqlState}). The schema is missing or older than this program; run 'holdfast schema migrate' against it.", e),
        PostgresException { SqlState: "42501" } e => new StoreUnavailableException(
            $"{address}: {e.MessageText} ({e.SqlState}). The connected role lacks a privilege; grant it, or connect as the role that owns the schema.", e),
        PostgresException e when IsUnnamed(e) => new StoreUnavailableException(
            $"{address}: row-level security is on, and this statement named no tenant ({e.SqlState}). The transaction must name it: select set_config('holdfast.tenant', '...', true).", e),
        PostgresException { SqlState: ['2', '8', ..] } e => new StoreUnavailableException(
            $"{address}: {e.MessageText} ({e.SqlState}). Check the user name and the password of the connection.", e),
        PostgresException { SqlState: ['2', '2' or '3', ..] or ['4', '2', ..] } e => new RowRefusedException(
            $"{address}: refused: {e.MessageText} ({e.SqlState}{Named("constraint", e.ConstraintName)}{Named("column", e.ColumnName)}).", e),
        PostgresException e => new StoreUnavailableException($"{address}: {e.MessageText} ({e.SqlState}).", e),
        // No connection, so nothing was sent.
        NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.HostUnreachable or SocketError.NetworkUnreachable } refused } => new StoreUnavailableException(
            $"{address}: {error.Message} ({refused.Message}). Nothing was sent. Is the server running, and is the address right?", error),
        NpgsqlException or SocketException or IOException or TimeoutException => new StoreUnavailableException(
            $"{address}: {error.Message}{(error.InnerException is { } inner ? $" ({inner.Message})" : "")} What was sent may have been done; the same rows can be sent again.", error),
        _ => error,
    };

    /// <summary>The same of a connection that did not come about.</summary>
    public static Exception Opening(Exception error, string address) => error switch
    {
        PostgresException or NpgsqlException { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.HostUnreachable or SocketError.NetworkUnreachable } } => Translate(error, address),
        NpgsqlException or SocketException or IOException or TimeoutException => new StoreUnavailableException(
            $"{address}: {error.Message}{(error.InnerException is { } inner ? $" ({inner.Message})" : "")} It did not let anybody in, so nothing was sent. Is it running, and not paused?", error),
        _ => error,
    };

    /// <summary>Deadlock and serialization failures: the server rolled everything back and asks for another try.</summary>
    public static bool AsksForRetry(Exception error) => error is PostgresException { SqlState: "40P01" or "40001" };

    /// <summary>Refused because the transaction did not name its tenant. The text is the server's, in whatever language: its routine tells, or the name in it.</summary>
    public static bool IsOfRowSecurity(PostgresException error) => error is { SqlState: "42501", Routine: "ExecWithCheckOptions" } || IsUnnamed(error);

    private static bool IsUnnamed(PostgresException error) => error.SqlState == "42704" && error.MessageText.Contains(RowSecurity.Unnamed, StringComparison.Ordinal);

    private static string Named(string what, string? name) => string.IsNullOrEmpty(name) ? "" : $", {what} {name}";
}
