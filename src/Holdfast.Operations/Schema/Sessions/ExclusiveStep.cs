using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>
/// Runs statements under an ACCESS EXCLUSIVE lock as shortly as it can be held: everything is sent at once, from the lock to the
/// commit, so no network stands in between. The server's own clock tells how long it was held, its commit included.
/// </summary>
internal static class ExclusiveStep
{
    // First a weaker lock that no reader or writer minds: an autovacuum gives way to it after a second (deadlock_timeout), which
    // half a second of waiting for the strong one would never bring about.
    private static readonly string[] Before = ["begin", "set local lock_timeout = '5s'"];

    /// <returns>Milliseconds under the lock.</returns>
    /// <exception cref="PostgresException">What the server refused; everything is rolled back.</exception>
    public static async Task<double> RunAsync(ControlSession session, string table, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        IEnumerable<string> all =
        [
            .. Before, $"lock table {table} in share update exclusive mode",
            $"set local lock_timeout = '{LockRetry.Limit}'", $"lock table {table} in access exclusive mode",
            "select clock_timestamp()", .. statements, "commit", "select clock_timestamp()",
        ];
        try
        {
            var batch = new NpgsqlBatch(session.Connection);
            await using var _ = batch.ConfigureAwait(false);
            foreach (var sql in all) batch.BatchCommands.Add(new NpgsqlBatchCommand(sql));
            var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = reader.ConfigureAwait(false);
            var times = new List<DateTime>();
            do
            {
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) times.Add(reader.GetDateTime(0));
            }
            while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false));
            return (times[^1] - times[0]).TotalMilliseconds;
        }
        catch (Exception)
        {
            if (session.Connection.State == System.Data.ConnectionState.Open) await session.ExecuteAsync("rollback", CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }
}
