using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Tells one database of one running server from every other: two connections that say the same lead to the same rows.</summary>
/// <param name="Started">When the server was started, in seconds: a session's time zone does not change it.</param>
/// <param name="Database">The database's name.</param>
/// <param name="Number">And its number: one that was dropped and made again is another.</param>
internal sealed record ServerStart(string Started, string Database, string Number)
{
    // No operator but "=": the database's owner may have put one into public that fits better.
    public const string Sql = "select extract(epoch from pg_postmaster_start_time())::text, current_database()::text, (select oid::text from pg_database where datname = current_database())";

    private static readonly Statement Ask = new(Sql);

    public static ServerStart Read(NpgsqlDataReader reader) => new(reader.GetString(0), reader.GetString(1), reader.GetString(2));

    public static Task<ServerStart> AskAsync(PostgresStore store, CancellationToken cancellationToken) =>
        store.QueryAsync(Ask, [], row => new ServerStart(row.Text(0), row.Text(1), row.Text(2)), cancellationToken).FirstAsync(cancellationToken).AsTask();
}
