using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Looks whether an undo would lose rows: to drop things is its trade, to lose what was stored since is not.</summary>
internal static class UndoLoss
{
    // As the file will have it: before what a session starts with stands the history's schema.
    private const string Path = "select set_config('search_path', pg_catalog.concat_ws(', ', $1::text, nullif((select reset_val from pg_settings where name = 'search_path'), '')), false)";
    private const string Resolve = "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = to_regclass($1) and c.relkind in ('r', 'p', 'f')";
    private const string InSchema = "select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')";
    private const string ColumnName = "select pg_catalog.quote_ident(attname) from pg_attribute where attrelid = to_regclass($1) and attname = $2 and attnum > 0 and not attisdropped";

    /// <summary>What the history says of an undo that may lose rows; null: it may not.</summary>
    public static string? Remark(MigrationOptions options) => options.AllowDataLoss ? $"data loss allowed by {DestructiveGuard.Who}" : null;

    /// <summary>Looks at a whole file, or at what is left of it.</summary>
    /// <exception cref="SchemaException">It would lose rows, or that cannot be told.</exception>
    public static async Task RefuseAsync(NpgsqlConnection connection, PreparedFile file, MigrationTarget target, bool locked, CancellationToken cancellationToken, int done = 0)
    {
        if (target.Options.AllowDataLoss) return;
        if (await FindAsync(connection, file.Script.Statements.Skip(done), target, locked, cancellationToken).ConfigureAwait(false) is { Count: > 0 } found)
            throw new SchemaException($"{target.Name}: {file.File.Script} would lose data: {string.Join("; ", found)}. Nothing was changed. If that is meant: --allow-data-loss");
    }

    /// <summary>Looks at one statement of a file that is under way.</summary>
    /// <exception cref="MigrationFailedException">It would lose rows, or that cannot be told.</exception>
    public static async Task RefuseAsync(NpgsqlConnection connection, SqlStatement statement, MigrationTarget target, bool locked, CancellationToken cancellationToken)
    {
        if (target.Options.AllowDataLoss) return;
        if (await FindAsync(connection, [statement], target, locked, cancellationToken).ConfigureAwait(false) is { Count: > 0 } found)
            throw new MigrationFailedException($"it would lose data: {string.Join("; ", found)}; if that is meant: --allow-data-loss.");
    }

    /// <summary>What would be lost, in words.</summary>
    /// <param name="connection">The server.</param>
    /// <param name="statements">Statements of an undo file.</param>
    /// <param name="migrations">Where names without a schema lead.</param>
    /// <param name="locked">True: inside of a transaction, in which nobody may write to those tables any more.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task<IReadOnlyList<string>> FindAsync(NpgsqlConnection connection, IEnumerable<SqlStatement> statements, MigrationTarget migrations, bool locked, CancellationToken cancellationToken)
    {
        if (!migrations.Set.IsShipped && !locked) await RunAsync(connection, Path, [migrations.Schema], cancellationToken).ConfigureAwait(false);
        var found = new List<string>();
        foreach (var target in UndoTarget.Of(statements))
        {
            if (target.Unclear is { } unclear) found.Add($"line {target.Line}: {unclear}");
            else
                foreach (var table in await TablesAsync(connection, target, cancellationToken).ConfigureAwait(false))
                    if (await LossAsync(connection, table, target, locked, cancellationToken).ConfigureAwait(false) is { } loss) found.Add($"line {target.Line}: {loss}");
        }
        return found;
    }

    private static async Task<string?> LossAsync(NpgsqlConnection connection, string table, UndoTarget target, bool locked, CancellationToken cancellationToken)
    {
        if (locked) await RunAsync(connection, $"lock table {table} in access exclusive mode", [], cancellationToken).ConfigureAwait(false);
        if (await HiddenRows.FromAsync(connection, table, cancellationToken).ConfigureAwait(false) is { } role)
            return $"whether {table} has {(target.Column is null ? "rows" : $"values in {target.Column}")} cannot be told, since row-level security hides rows from {role} (run it as a role with BYPASSRLS)";
        if (target.Column is null)
            return await RunAsync(connection, $"select exists (select from {table})", [], cancellationToken).ConfigureAwait(false) is true ? $"{table} has rows" : null;
        if (await RunAsync(connection, ColumnName, [table, target.Column], cancellationToken).ConfigureAwait(false) is not string name) return null;
        var column = SqlQuote.Quoted(name);
        return await RunAsync(connection, $"select exists (select from {table} where {column} is not null)", [], cancellationToken).ConfigureAwait(false) is true ? $"{table}.{column} has values" : null;
    }

    private static async Task<IReadOnlyList<string>> TablesAsync(NpgsqlConnection connection, UndoTarget target, CancellationToken cancellationToken)
    {
        var tables = new List<string>();
        var command = new NpgsqlCommand(target.Schema is null ? Resolve : InSchema, connection) { Parameters = { new() { Value = target.Schema ?? target.Table!.Quoted } } };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) tables.Add(SqlQuote.Quoted(reader.GetString(0)));
        return tables;
    }

    private static async Task<object?> RunAsync(NpgsqlConnection connection, string sql, string[] values, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        foreach (var value in values) command.Parameters.Add(new NpgsqlParameter { Value = value });
        return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
    }
}
