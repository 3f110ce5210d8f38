using Npgsql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>Reads a schema from a server's catalogue: one round trip, a second one where there is a history or a sequence to look at.</summary>
internal static class CatalogueReader
{
    // As the catalogue prints names and constants, whatever a server, a database or a role has for a default: what is equal reads alike,
    // and a constant that was read here means the same in any session.
    private const string Begin = """
        select set_config(name, value, true) from (values ('search_path', ''), ('TimeZone', 'UTC'), ('DateStyle', 'ISO, YMD'), ('IntervalStyle', 'postgres'),
          ('bytea_output', 'hex'), ('quote_all_identifiers', 'off'), ('extra_float_digits', '1'), ('xmloption', 'content')) settings(name, value)
        """;

    /// <summary>Reads in a transaction of its own, in which nothing is written and everything is of one moment.</summary>
    public static async Task<CatalogueSnapshot> ReadAloneAsync(NpgsqlConnection connection, CatalogueScope scope, CancellationToken cancellationToken)
    {
        // In the same round trip as what follows: a statement of its own would cost one.
        var transaction = await connection.BeginTransactionAsync(System.Data.IsolationLevel.RepeatableRead, cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        return await ReadAsync(connection, scope, cancellationToken, "set transaction read only").ConfigureAwait(false);
    }

    /// <summary>Reads in the connection's transaction; afterwards the search path is empty there, and the settings that print constants are fixed.</summary>
    public static Task<CatalogueSnapshot> ReadAsync(NpgsqlConnection connection, CatalogueScope scope, CancellationToken cancellationToken) =>
        ReadAsync(connection, scope, cancellationToken, first: null);

    private static async Task<CatalogueSnapshot> ReadAsync(NpgsqlConnection connection, CatalogueScope scope, CancellationToken cancellationToken, string? first)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        if (first is not null) batch.BatchCommands.Add(new(first));
        batch.BatchCommands.Add(new(Begin));
        batch.BatchCommands.Add(new(CatalogueQueries.Facts) { Parameters = { new() { Value = scope.Schema } } });
        foreach (var (sql, parameter) in CatalogueQueries.Objects)
        {
            var command = new NpgsqlBatchCommand(sql);
            if (parameter != CatalogueQueries.QueryParameter.None) command.Parameters.Add(new() { Value = parameter == CatalogueQueries.QueryParameter.Schema ? scope.Schema : scope.Original });
            batch.BatchCommands.Add(command);
        }

        var (rows, needs) = (new List<CatalogueRow>(), new List<(string Of, string Needed)>());
        CatalogueFacts facts;
        CanonicalText text;
        string[] schemas;
        bool hasHistory;
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using (reader.ConfigureAwait(false))
        {
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
            facts = new CatalogueFacts(scope.Schema, reader.GetInt32(0), reader.GetString(1), reader.IsDBNull(4) ? null : reader.GetString(4), reader.GetString(2), reader.GetString(3), "");
            schemas = reader.GetFieldValue<string[]>(5);
            text = new CanonicalText([scope.Original, scope.Schema, scope.Aside ?? scope.Schema], schemas, scope.StandIns);
            hasHistory = reader.GetBoolean(6);
            while (await reader.NextResultAsync(cancellationToken).ConfigureAwait(false))
                while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
                    if (reader.GetString(0) == "needs") needs.Add((reader.GetString(1), reader.GetString(2)));
                    else rows.Add(CatalogueRow.Read(reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3)));
        }
        var owner = OwnerOf(rows, scope.Owner);
        var objects = rows.Where(row => !row.IsManaged).Select(row => row.Canonical(text, owner)).ToDictionary(one => one.Key);
        var history = await SecondLook.TakeAsync(connection, scope, hasHistory, objects, cancellationToken).ConfigureAwait(false);
        return new CatalogueSnapshot(facts with { Owner = owner, Schemas = schemas, IsHistoryHidden = !hasHistory && objects.ContainsKey(new ObjectKey(ObjectKind.Table, "", "schema_versions")) }, objects, history)
        {
            Needs = needs.ToLookup(need => need.Of, need => need.Needed),
        };
    }

    // The role that owns most of the schema is its owner; the schema itself may be somebody else's (public is pg_database_owner's).
    private static string OwnerOf(List<CatalogueRow> rows, string? declared) =>
        declared is not null && rows.Any(row => row.Owner == declared || (row.Kind == ObjectKind.Role && row.Name == declared && row.Properties["~here"] == "true")) ? declared
        : rows.Where(row => row.Owner is not null && !ObjectKind.IsPart(row.Kind) && row.Kind is not (ObjectKind.Schema or ObjectKind.DefaultPrivileges))
            .GroupBy(row => row.Owner!).OrderByDescending(group => group.Count()).ThenBy(group => group.Key, StringComparer.Ordinal).Select(group => group.Key).FirstOrDefault()
        ?? rows.FirstOrDefault(row => row.Kind == ObjectKind.Schema)?.Owner ?? "";
}
