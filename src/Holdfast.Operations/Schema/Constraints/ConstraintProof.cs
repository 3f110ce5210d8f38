using Holdfast.Operations.Schema.Sessions;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>
/// Proves a check by its effect: a row with every value of the code is taken, one with a value of none is refused by exactly this
/// check. All in one transaction that is rolled back.
/// </summary>
internal static class ConstraintProof
{
    private const string Sample = "holdfast constraint proof";

    /// <returns>How many values were taken.</returns>
    /// <exception cref="SchemaVerificationException">A row fared otherwise.</exception>
    public static async Task<int> RunAsync(ControlSession session, string schema, ExpectedCheck expected, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"begin; set local lock_timeout = '{LockRetry.Limit}'", cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var value in expected.Values)
                if (await InsertAsync(session, schema, expected, value, cancellationToken).ConfigureAwait(false) is { } refusal)
                    throw new SchemaVerificationException($"{session.Target}: a row of {schema}.{expected.Table.Name} with {expected.Column.Name} '{value}' is refused after the repair: {refusal.MessageText} ({refusal.SqlState}). Look at the table's other constraints and triggers.", refusal);
            var forbidden = await InsertAsync(session, schema, expected, CheckReader.Forbidden, cancellationToken).ConfigureAwait(false);
            if (forbidden is not { SqlState: "23514" } || forbidden.ConstraintName != expected.Name)
                throw new SchemaVerificationException($"{session.Target}: a row of {schema}.{expected.Table.Name} with a forbidden {expected.Column.Name} was {(forbidden is null ? "taken" : $"refused by something else: {forbidden.MessageText} ({forbidden.SqlState})")}; {expected.Name} should have refused it.", forbidden);
            return expected.Values.Count;
        }
        finally
        {
            if (session.Connection.State == System.Data.ConnectionState.Open) await session.ExecuteAsync("rollback", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<PostgresException?> InsertAsync(ControlSession session, string schema, ExpectedCheck expected, string value, CancellationToken cancellationToken)
    {
        var columns = expected.Table.Columns.Where(column => column == expected.Column || (column.Required && column.Type != ColumnType.Position && column.Name != "nonce")).ToList();
        var sql = $"insert into {schema}.{expected.Table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) values ({string.Join(", ", columns.Select(column => column == expected.Column ? "$1" : Value(column)))})";
        await session.ExecuteAsync("savepoint one", cancellationToken).ConfigureAwait(false);
        try
        {
            await session.ExecuteAsync(sql, cancellationToken, value).ConfigureAwait(false);
            return null;
        }
        catch (PostgresException e) when (!e.IsTransient)
        {
            return e;
        }
        finally
        {
            if (session.Connection.State == System.Data.ConnectionState.Open) await session.ExecuteAsync("rollback to savepoint one", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static string Value(Column column) => column switch
    {
        { Allowed: [var first, ..] } => $"'{first}'",
        { Type: ColumnType.Text } => $"'{Sample}'",
        { Type: ColumnType.Uuid } => "gen_random_uuid()",
        { Type: ColumnType.Timestamp } => "now()",
        { Type: ColumnType.Boolean } => "false",
        { Type: ColumnType.Json } => "'{}'",
        _ => "0",
    };
}
