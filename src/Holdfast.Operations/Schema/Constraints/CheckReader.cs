using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>
/// Reads the CHECKs of a schema and what each lets in. The server itself is asked, value by value, because one list of values
/// can be written in many ways: <c>in</c>, <c>= any</c>, <c>or</c>, with casts.
/// </summary>
internal static class CheckReader
{
    /// <summary>A value that no check means to let in.</summary>
    public const string Forbidden = "holdfast: no value of any enum";

    // conenforced came with PostgreSQL 18. A condition that calls a function of somebody's own is not run: we may be a superuser.
    private const string Checks = """
        select t.relname::text, c.conname::text, quote_ident(c.conname), array(select a.attname::text from unnest(c.conkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.i),
          c.convalidated, coalesce((to_jsonb(c) ->> 'conenforced')::boolean, true), pg_get_constraintdef(c.oid), pg_get_expr(c.conbin, c.conrelid),
          exists (select from pg_depend d where d.classid = 'pg_constraint'::regclass and d.objid = c.oid and d.refclassid in ('pg_proc'::regclass, 'pg_operator'::regclass, 'pg_type'::regclass))
        from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
        where n.nspname = $1 and c.contype = 'c' and t.relkind in ('r', 'p') order by t.relname, c.conname
        """;

    private const string TableNames = "select c.relname::text from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')";

    public static async Task<(IReadOnlySet<string> Tables, IReadOnlyList<LiveCheck> Checks)> ReadAsync(ControlSession session, string schema, CancellationToken cancellationToken)
    {
        var tables = (await session.QueryAsync(TableNames, row => row.GetString(0), cancellationToken, schema).ConfigureAwait(false)).ToHashSet(StringComparer.Ordinal);
        var checks = await session.QueryAsync(Checks, row => new LiveCheck(row.GetString(0), row.GetString(1), SqlQuote.Quoted(row.GetString(2)), row.GetFieldValue<string[]>(3),
            row.GetBoolean(4), row.GetBoolean(5), row.GetString(6), row.GetString(7), row.GetBoolean(8)), cancellationToken, schema).ConfigureAwait(false);
        for (var i = 0; i < checks.Count; i++)
        {
            var check = checks[i];
            if (ExpectedCheck.All.FirstOrDefault(expected => expected.Table.Name == check.Table && check.LooksOnlyAt(expected.Column.Name)) is { } expected)
                checks[i] = await TriedAsync(session, check, expected, cancellationToken).ConfigureAwait(false);
        }
        return (tables, checks);
    }

    private static async Task<LiveCheck> TriedAsync(ControlSession session, LiveCheck check, ExpectedCheck expected, CancellationToken cancellationToken)
    {
        if (check.CallsOwnFunctions) return check;
        // The condition is the server's own text of its own catalogue; it runs in a transaction that can write nothing.
        var written = SqlTokenizer.Read(check.Expression).Where(token => token.Kind == SqlTokenKind.Text).Select(token => token.Text);
        string[] tried = [.. expected.Values.Concat(written).Append(Forbidden).Distinct()];
        var sql = $"select v.{expected.Column.Name} from unnest($1::text[]) as v({expected.Column.Name}) where ({SqlQuote.Part(check.Expression)}) is not false";
        await session.ExecuteAsync("begin read only", cancellationToken).ConfigureAwait(false);
        try
        {
            var accepted = await session.QueryAsync(sql, row => row.GetString(0), cancellationToken, (object)tried).ConfigureAwait(false);
            return check with { Accepted = [.. accepted.Where(value => value != Forbidden)], IsOpen = accepted.Contains(Forbidden) };
        }
        catch (PostgresException e) when (e.SqlState.StartsWith("42", StringComparison.Ordinal) || e.SqlState.StartsWith("22", StringComparison.Ordinal))
        {
            // The column is of another type than text there: what it lets in is not known, and it is replaced.
            return check;
        }
        finally
        {
            if (session.Connection.State == System.Data.ConnectionState.Open) await session.ExecuteAsync("rollback", CancellationToken.None).ConfigureAwait(false);
        }
    }
}
