using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Takes a schema that is there without a history for what the files up to a version make.</summary>
internal sealed class SchemaBaseline(MigrationTarget target)
{
    /// <summary>Writes the history, after the tables were looked at.</summary>
    /// <param name="version">The last version that is there.</param>
    /// <param name="dryRun">True: only look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The versions that are recorded.</returns>
    /// <exception cref="SchemaException">There is a history, or a table of those files is missing.</exception>
    public async Task<IReadOnlyList<MigrationStep>> RunAsync(string version, bool dryRun, CancellationToken cancellationToken)
    {
        var last = MigrationVersion.Parse(version);
        if (target.Set.Find(last) is null) throw new InvalidInputException("version", $"there is no migration {last} in {target.Set.Origin}; there is: {string.Join(", ", target.Set.Versioned.Select(file => file.Version))}.");
        var files = target.Set.Versioned.Where(file => !(file.Version! > last)).Select(file => file.Prepare(target.Schema)).ToList();
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (dryRun)
            {
                await using var look = connection.ConfigureAwait(false);
                await CheckAsync(connection, files, cancellationToken).ConfigureAwait(false);
                return [.. files.Select(MigrationStep.Of)];
            }
            var session = await MigrationSession.StartAsync(connection, target, cancellationToken).ConfigureAwait(false);
            await using var _ = session.ConfigureAwait(false);
            await CheckAsync(session.Connection, files, cancellationToken).ConfigureAwait(false);
            var transaction = await session.Connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            await target.History.CreateAsync(session.Connection, cancellationToken).ConfigureAwait(false);
            var (chain, now) = ("", target.Time.GetUtcNow());
            foreach (var file in files)
            {
                chain = Migration.ChainHash(chain, file.File.Version!.Text, file.File.Checksum);
                await target.History.InsertAsync(session.Connection, NewHistoryRow.Of(file, chain, "baseline", $"adopted by {DestructiveGuard.Who}", now) with { Kind = "B", FinishedAt = now }, cancellationToken).ConfigureAwait(false);
            }
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            if (HistoryChain.End(await target.ReadAsync(session.Connection, cancellationToken).ConfigureAwait(false)) != chain)
                throw new SchemaVerificationException($"{target.Name}: the history that was written is not the one that is read.");
            return [.. files.Select(MigrationStep.Of)];
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }

    private async Task CheckAsync(NpgsqlConnection connection, List<PreparedFile> files, CancellationToken cancellationToken)
    {
        if (await target.ReadAsync(connection, cancellationToken).ConfigureAwait(false) is [.., var row])
            throw new SchemaException($"{target.Name} has a history already, up to {row.Script}. A baseline is for a schema that has none; 'holdfast schema migrate' goes on from there.");
        var there = new Dictionary<string, IReadOnlyDictionary<string, IReadOnlySet<string>>>(StringComparer.Ordinal);
        foreach (var table in Tables(files))
        {
            var schema = table.Schema ?? target.Schema;
            // The history itself is made where it is missing.
            if (schema == target.Schema && table.Name == "schema_versions") continue;
            if (!there.TryGetValue(schema, out var tables)) there[schema] = tables = await CatalogueCheck.TablesAsync(connection, schema, cancellationToken).ConfigureAwait(false);
            if (!tables.ContainsKey(table.Name))
                throw new SchemaException($"{target.Name}: the table {schema}.{table.Name}, which these files make, is missing. Nothing was recorded. Choose the version that the schema is really at, or run 'holdfast schema migrate' on an empty one.");
        }
    }

    private static List<RelationName> Tables(List<PreparedFile> files)
    {
        var tables = new List<RelationName>();
        foreach (var statement in files.SelectMany(file => file.Script.Statements))
        {
            var tokens = statement.Tokens;
            if (statement.StartsWith("drop", "table")) foreach (var gone in RelationName.List(tokens, RelationName.Skip(tokens, 2, "if", "exists"))) tables.Remove(gone);
            if (!statement.StartsWith("create") || RelationName.Skip(tokens, 1, "unlogged") is var at && !(at < tokens.Count && tokens[at].Is("table"))) continue;
            if (RelationName.Read(tokens, RelationName.Skip(tokens, at + 1, "if", "not", "exists")) is var (made, _)) tables.Add(made);
        }
        return tables;
    }
}
