using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>
/// The locks of a change, taken all before the first statement. Taken one by one, a table that is held already would be waited for by a
/// writer that itself holds the next one, and each would wait for the other until a limit ends it; under steady traffic, every time.
/// So they are asked for with a short limit and given back at once where one is not to be had, often instead of long.
/// </summary>
internal static class TableLocks
{
    private const int TriesMax = 25;
    private const int LimitMilliseconds = 40;
    private const int PauseMinMilliseconds = 5;
    private const int PauseMaxMilliseconds = 40;

    /// <exception cref="PostgresException">55P03: they were not to be had together.</exception>
    public static async Task TakeAsync(NpgsqlTransaction transaction, string schema, IReadOnlyList<string> statements, AccessState state, TimeProvider time, CancellationToken cancellationToken)
    {
        var taken = statements.SelectMany(sql => SqlScript.Parse(sql).Statements).Select(StatementLock.Of).Where(taken => taken.StopsWriters).ToList();
        // No stronger than the statements need: a trigger is made beside readers.
        var stopping = taken.Where(one => one.StopsReaders).SelectMany(one => one.Tables).ToHashSet(StringComparer.Ordinal);
        var tables = Tables.All.Where(table => taken.Any(one => one.Tables.Contains($"{schema}.{table.Name}")) && state.Objects.Any(found => found.Name == table.Name)).ToList();
        var strong = tables.Where(table => stopping.Contains($"{schema}.{table.Name}")).ToList();
        var light = tables.Where(table => !stopping.Contains($"{schema}.{table.Name}")).ToList();
        if (tables.Count == 0) return;
        for (var attempt = 1; ; attempt++)
        {
            await transaction.SaveAsync("locks", cancellationToken).ConfigureAwait(false);
            try
            {
                await ExecuteAsync(transaction, FormattableString.Invariant($"set local lock_timeout = {LimitMilliseconds}"), cancellationToken).ConfigureAwait(false);
                if (strong.Count > 0) await ExecuteAsync(transaction, $"lock table {string.Join(", ", strong.Select(table => $"{schema}.{table.Name}"))} in access exclusive mode", cancellationToken).ConfigureAwait(false);
                if (light.Count > 0) await ExecuteAsync(transaction, $"lock table {string.Join(", ", light.Select(table => $"{schema}.{table.Name}"))} in share row exclusive mode", cancellationToken).ConfigureAwait(false);
                return;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < TriesMax)
            {
                await transaction.RollbackAsync("locks", cancellationToken).ConfigureAwait(false);
                await Task.Delay(TimeSpan.FromMilliseconds(Random.Shared.Next(PauseMinMilliseconds, PauseMaxMilliseconds)), time, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                // They become the role's own by what is run now; each statement waits for itself then.
                await transaction.RollbackAsync("locks", cancellationToken).ConfigureAwait(false);
                return;
            }
        }
    }

    private static async Task ExecuteAsync(NpgsqlTransaction transaction, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, transaction.Connection, transaction);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
