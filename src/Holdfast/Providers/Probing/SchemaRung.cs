using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>Whether the tables there are the ones that this program writes: history, columns, privileges. One round trip.</summary>
internal sealed class SchemaRung(string schema)
{
    private const string Columns = """
        select c.relname::text, (select string_agg(attname, ',') from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped),
          concat_ws(',',
            case when not has_table_privilege(c.oid, 'select') then 'select' end,
            case when not has_table_privilege(c.oid, 'insert') then 'insert' end,
            case when not has_table_privilege(c.oid, 'update') then 'update' end,
            case when not has_table_privilege(c.oid, 'delete') then 'delete' end), current_user::text
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')
        """;

    private const string Identifier = "select system_identifier::text from pg_control_system()";

    private static readonly Lazy<(string Version, string ChainHash)> Needed = new(() =>
    {
        var chain = "";
        string version = "";
        foreach (var migration in Migration.Shipped("Postgres")) (version, chain) = (migration.Version, migration.ChainHash(chain));
        return (version, chain);
    });

    private readonly string _history = $"select version, chain_hash from {schema}.{Tables.SchemaVersions.Name} where state = 'applied' order by installed_rank";

    public async Task<string?> ClimbAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(run.Connection) { BatchCommands = { new(_history), new(Columns) { Parameters = { new() { Value = schema } } } } };
        await using var _ = batch.ConfigureAwait(false);
        if (run.MayReadIdentifier) batch.BatchCommands.Add(new(Identifier));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);

        var history = new List<(string Version, string ChainHash)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) history.Add((reader.GetString(0), reader.GetString(1)));
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        var tables = new Dictionary<string, (string[] Columns, string Lacking, string Role)>();
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            tables[reader.GetString(0)] = (reader.GetString(1).Split(','), reader.GetString(2), reader.GetString(3));
        if (run.MayReadIdentifier && await reader.NextResultAsync(cancellationToken).ConfigureAwait(false) && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            run.Facts.SystemIdentifier = reader.GetString(0);

        if (history is [.., var last]) (run.Facts.SchemaVersion, run.Facts.ChainHash) = last;
        CheckHistory(history);
        foreach (var table in Tables.All) CheckTable(table, tables);
        return Number(run.Facts.SchemaVersion!) > Number(Needed.Value.Version)
            ? $"version {run.Facts.SchemaVersion}, newer than this program ({Needed.Value.Version})"
            : $"version {run.Facts.SchemaVersion}";
    }

    private void CheckHistory(List<(string Version, string ChainHash)> history)
    {
        var (version, chain) = Needed.Value;
        var there = history.FirstOrDefault(applied => Number(applied.Version) == Number(version));
        if (there == default)
            throw Drifted($"Schema {schema} is at version {(history is [.., var last] ? last.Version : "none")}; this program needs {version}.",
                "The schema is older than this program: run 'holdfast schema migrate' against it.");
        // The same number with another hash: another file was applied under it.
        if (there.ChainHash != chain)
            throw Drifted($"Schema {schema} has another history than this program up to version {version}.",
                $"Another program or an edited migration was applied there: compare {schema}.schema_versions with that of another provider.");
    }

    private void CheckTable(Table table, Dictionary<string, (string[] Columns, string Lacking, string Role)> tables)
    {
        var name = $"{schema}.{table.Name}";
        if (!tables.TryGetValue(table.Name, out var there))
            throw Drifted($"Table {name} is missing.", $"The table {name} was dropped or renamed there: restore it from another provider, or run 'holdfast schema migrate' on an empty schema.");
        if (table.Columns.FirstOrDefault(column => !there.Columns.Contains(column.Name)) is { } missing)
            throw Drifted($"Column {missing.Name} of {name} is missing.", $"The column {missing.Name} of {name} was dropped or renamed there: add it again as the migrations declare it.");
        var lacking = string.Join(", ", TableRights.Words(TableRights.Of(AccessRole.App, table)).Intersect(there.Lacking.Split(',')));
        if (lacking.Length > 0)
            throw Drifted($"Permission denied on {table.Name}: role {there.Role} lacks {lacking}.",
                $"permission denied on {table.Name}: run as the owner: grant select, insert, update, delete on all tables in schema {schema} to \"{there.Role}\";");
    }

    private static ProbeFailedException Drifted(string fact, string advice) => new(FailureCause.Drift, fact, advice);

    private static long Number(string version) => Migration.Number(version);
}
