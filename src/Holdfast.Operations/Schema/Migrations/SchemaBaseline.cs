using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>Takes a schema that is there without a history for what the files up to a version make.</summary>
/// <param name="target">The server.</param>
/// <param name="compare">Compares it with what they make; null: only the names are looked for.</param>
/// <param name="note">Hears of what could not be looked at.</param>
internal sealed class SchemaBaseline(MigrationTarget target, BaselineComparer? compare = null, Action<string>? note = null)
{
    /// <summary>Whether somebody has accepted that something is not there, where it is only looked for by name.</summary>
    public Func<DeclaredName, bool> IsAccepted { get; init; } = _ => false;

    // What is there by name: tables, and what belongs to them.
    private const string Names = """
        select c.relname::text, '' from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relkind in ('r', 'p')
        union all select c.relname, 'Index ' || i.relname from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class c on c.oid = x.indrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
        union all select c.relname, 'Constraint ' || o.conname from pg_constraint o join pg_class c on c.oid = o.conrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1
        union all select c.relname, 'Column ' || a.attname from pg_attribute a join pg_class c on c.oid = a.attrelid and c.relkind in ('r', 'p') join pg_namespace n on n.oid = c.relnamespace
          where n.nspname = $1 and a.attnum > 0 and not a.attisdropped
        """;

    /// <summary>Writes the history, after the schema was compared with what the files make.</summary>
    /// <param name="version">The last version that is there.</param>
    /// <param name="dryRun">True: only look.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The versions that are recorded.</returns>
    /// <exception cref="SchemaException">There is a history, or the schema is not what those files make.</exception>
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
        var compared = compare is null ? null : await compare(connection, [.. files.Select(file => file.File)], cancellationToken).ConfigureAwait(false);
        if (compared?.NotCompared is { } why) note?.Invoke($"only what these files make by name is looked for: {why}");
        var missing = compared is { NotCompared: null } ? compared.Differences : await MissingAsync(connection, files, cancellationToken).ConfigureAwait(false);
        if (missing.Count > 0)
            throw new SchemaException($"{target.Name} is not what the files up to {files[^1].File.Script} make: {string.Join(" ", missing.Take(5))}{(missing.Count > 5 ? $" And {missing.Count - 5} more." : "")} Nothing was recorded. Choose the version that the schema is really at, mend it first, or run 'holdfast schema migrate' on an empty one.");
    }

    private async Task<IReadOnlyList<string>> MissingAsync(NpgsqlConnection connection, List<PreparedFile> files, CancellationToken cancellationToken)
    {
        var (missing, there) = (new List<string>(), new Dictionary<string, HashSet<(string, string)>>(StringComparer.Ordinal));
        foreach (var declared in DeclaredNames.Of(files, target.Schema))
        {
            var (kind, table, name) = declared;
            var schema = table.Schema!;
            // The history itself is made where it is missing.
            if (schema == target.Schema && table.Name == "schema_versions") continue;
            if (!there.TryGetValue(schema, out var names)) there[schema] = names = await NamesAsync(connection, schema, cancellationToken).ConfigureAwait(false);
            if (!names.Contains((table.Name, kind == DeclaredKind.Table ? "" : $"{kind} {name}")) && !IsAccepted(declared))
                missing.Add(kind == DeclaredKind.Table ? $"The table {schema}.{name} is missing." : $"The {kind.ToString().ToLowerInvariant()} {name} of {schema}.{table.Name} is missing.");
        }
        return missing;
    }

    private static async Task<HashSet<(string, string)>> NamesAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Names, connection) { Parameters = { new() { Value = schema } } };
        await using var _ = command.ConfigureAwait(false);
        var names = new HashSet<(string, string)>();
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) names.Add((reader.GetString(0), reader.GetString(1)));
        return names;
    }
}
