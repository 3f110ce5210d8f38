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

    // What can take a row away, or make another of it, before the check looks at it.
    private const string Takers = """
        select 'trigger ' || quote_ident(tgname) from pg_trigger where tgrelid = to_regclass($1) and not tgisinternal and tgenabled <> 'D' and tgtype & 7 = 7
        union all select 'rule ' || quote_ident(rulename) from pg_rewrite where ev_class = to_regclass($1) and ev_type = '3' and ev_enabled <> 'D' order by 1
        """;

    /// <returns>How many values were taken: rows that were really inserted.</returns>
    /// <exception cref="SchemaVerificationException">A row fared otherwise, or never came as far as the check.</exception>
    public static async Task<int> RunAsync(ControlSession session, string schema, ExpectedCheck expected, CancellationToken cancellationToken)
    {
        await session.ExecuteAsync($"begin; set local lock_timeout = '{LockRetry.Limit}'", cancellationToken).ConfigureAwait(false);
        try
        {
            foreach (var value in expected.Values)
            {
                var (refusal, rows) = await InsertAsync(session, schema, expected, value, cancellationToken).ConfigureAwait(false);
                if (refusal is not null)
                    throw new SchemaVerificationException($"{session.Target}: a row of {schema}.{expected.Table.Name} with {expected.Column.Name} '{value}' is refused after the repair: {refusal.MessageText} ({refusal.SqlState}). Look at the table's other constraints and triggers.", refusal);
                if (rows == 0) throw await UnprovedAsync(session, schema, expected, value, cancellationToken).ConfigureAwait(false);
            }
            var (forbidden, taken) = await InsertAsync(session, schema, expected, CheckReader.Forbidden, cancellationToken).ConfigureAwait(false);
            if (forbidden is null && taken == 0) throw await UnprovedAsync(session, schema, expected, CheckReader.Forbidden, cancellationToken).ConfigureAwait(false);
            if (forbidden is not { SqlState: "23514" } || forbidden.ConstraintName != expected.Name)
                throw new SchemaVerificationException($"{session.Target}: a row of {schema}.{expected.Table.Name} with a forbidden {expected.Column.Name} was {(forbidden is null ? "taken" : $"refused by something else: {forbidden.MessageText} ({forbidden.SqlState})")}; {expected.Name} should have refused it.", forbidden);
            return expected.Values.Count;
        }
        finally
        {
            if (session.Connection.State == System.Data.ConnectionState.Open) await session.ExecuteAsync("rollback", CancellationToken.None).ConfigureAwait(false);
        }
    }

    private static async Task<SchemaVerificationException> UnprovedAsync(ControlSession session, string schema, ExpectedCheck expected, string value, CancellationToken cancellationToken)
    {
        var takers = await session.QueryAsync(Takers, row => row.GetString(0), cancellationToken, $"{schema}.{expected.Table.Name}").ConfigureAwait(false);
        return new SchemaVerificationException($"{session.Target}: a test row of {schema}.{expected.Table.Name} with {expected.Column.Name} '{value}' was not inserted, and no error told so: {(takers.Count == 0 ? "something" : string.Join(", ", takers))} takes rows away before they reach the table. {expected.Name} was changed and read again as it should be; by rows nothing is proved, and the application's own are lost the same way. Take that off, or repair it.");
    }

    private static async Task<(PostgresException? Refusal, int Rows)> InsertAsync(ControlSession session, string schema, ExpectedCheck expected, string value, CancellationToken cancellationToken)
    {
        var columns = expected.Table.Columns.Where(column => column == expected.Column || (column.Required && column.Type != ColumnType.Position && column.Name != "nonce")).ToList();
        var sql = $"insert into {schema}.{expected.Table.Name} ({string.Join(", ", columns.Select(column => column.Name))}) values ({string.Join(", ", columns.Select(column => column == expected.Column ? "$1" : Value(column)))})";
        await session.ExecuteAsync("savepoint one", cancellationToken).ConfigureAwait(false);
        try
        {
            return (null, await session.ExecuteAsync(sql, cancellationToken, value).ConfigureAwait(false));
        }
        catch (PostgresException e) when (!e.IsTransient)
        {
            return (e, 0);
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
