using Holdfast.Providers.Failures;
using Holdfast.Rows;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Providers.Probing;

/// <summary>Whether the tables there are the ones that this program writes: history, columns, privileges. One round trip.</summary>
internal sealed class SchemaRung(string provider, string schema)
{
    private const string Columns = """
        select c.relname::text, (select pg_catalog.string_agg(attname, ',') from pg_attribute a where a.attrelid = c.oid and attnum > 0 and not attisdropped),
          pg_catalog.concat_ws(',',
            case when not has_table_privilege(c.oid, 'select') then 'select' end,
            case when not has_table_privilege(c.oid, 'insert') then 'insert' end,
            case when not has_table_privilege(c.oid, 'update') then 'update' end,
            case when not has_table_privilege(c.oid, 'delete') then 'delete' end), current_user::text
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')
        """;

    private const string Identifier = "select system_identifier::text from pg_control_system()";

    private static readonly Lazy<List<(string Version, string ChainHash)>> Shipped = new(() =>
    {
        var chain = "";
        return [.. Migration.Shipped("Postgres").Select(migration => (migration.Version, chain = migration.ChainHash(chain)))];
    });

    private readonly string _history = $"select version, chain_hash from {schema}.{Tables.SchemaVersions.Name} where state in ('applied', 'baseline') and kind in ('V', 'B') order by installed_rank";

    public async Task<string?> ClimbAsync(ProbeRun run, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(run.Connection) { BatchCommands = { new(_history), new(Columns) { Parameters = { new() { Value = schema } } }, RowSecurity.LookAt(schema), new(ServerStart.Sql) } };
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
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var security = RowSecurity.Read(reader);
        run.Facts.IsByTenant = security.ByTenant;
        await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        run.Facts.Server = ServerStart.Read(reader);
        if (run.MayReadIdentifier && await reader.NextResultAsync(cancellationToken).ConfigureAwait(false) && await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            run.Facts.SystemIdentifier = reader.GetString(0);

        if (security.Blind is { } blind)
            throw Drifted($"Row-level security is on for {schema}.{blind}, and no policy lets this role see any of its rows.", "Run 'holdfast access apply --row-security' against it, or connect as a role that has a policy.");
        if (history is [.., var last]) (run.Facts.SchemaVersion, run.Facts.ChainHash) = last;
        CheckHistory(history);
        var (at, ours) = (run.Facts.SchemaVersion!, Shipped.Value[^1].Version);
        // What a later migration makes is not missing on a server that has not had it.
        foreach (var table in Tables.All.Where(table => table.Since <= Number(at))) CheckTable(table, tables, security.ByTenant);
        if (Number(at) < Number(ours)) run.Facts.SchemaAwaited = ours;
        return Number(at).CompareTo(Number(ours)) switch
        {
            < 0 => $"version {at}, older than this program ({ours}) and good enough to write to: run 'holdfast schema migrate'",
            > 0 => $"version {at}, newer than this program ({ours})",
            _ => $"version {at}",
        };
    }

    private void CheckHistory(List<(string Version, string ChainHash)> history)
    {
        if (history is not [.., var last] || Number(last.Version) < Tables.OldestVersion)
            throw Drifted($"Schema {schema} is at version {(history is [.., var old] ? old.Version : "none")}; this program needs {Shipped.Value[^1].Version} and can write to {Tables.OldestVersion:0000}.",
                "The schema is older than this program: run 'holdfast schema migrate' against it.");
        // The newest that both know. The same number with another hash: another file was applied under it.
        var (version, chain) = Shipped.Value.Last(known => Number(known.Version) <= Number(last.Version));
        if (history.Find(applied => Number(applied.Version) == Number(version)).ChainHash != chain)
            throw Drifted($"Schema {schema} has another history than this program up to version {version}.",
                $"Another program or an edited migration was applied there: 'holdfast schema status' compares it with the other providers.");
    }

    private void CheckTable(Table table, Dictionary<string, (string[] Columns, string Lacking, string Role)> tables, bool isByTenant)
    {
        var name = $"{schema}.{table.Name}";
        if (!tables.TryGetValue(table.Name, out var there))
            throw Drifted($"Table {name} is missing.", $"The table {name} was dropped or renamed there: restore it from another provider, or run 'holdfast schema migrate' on an empty schema.");
        if (table.Columns.FirstOrDefault(column => !there.Columns.Contains(column.Name)) is { } missing)
            throw Drifted($"Column {missing.Name} of {name} is missing.", $"The column {missing.Name} of {name} was dropped or renamed there: add it again as the migrations declare it.");
        var lacking = string.Join(", ", TableRights.Words(TableRights.Of(AccessRole.App, table, isByTenant)).Intersect(there.Lacking.Split(',')));
        if (lacking.Length > 0)
            throw Drifted($"Permission denied on {table.Name}: role {there.Role} lacks {lacking}.",
                $"permission denied on {table.Name}: {GrantAdvice.For(provider, schema, there.Role, [$"{lacking} on {name}"])}");
    }

    private static ProbeFailedException Drifted(string fact, string advice) => new(FailureCause.Drift, fact, advice);

    private static long Number(string version) => Migration.Number(version);
}
