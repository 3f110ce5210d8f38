using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What a schema should be: the migrations that a server has had, replayed on that server.</summary>
/// <param name="Snapshot">As the replay left it.</param>
/// <param name="Extensions">Extensions that the migrations ask for, with the version that they name or null.</param>
/// <param name="Declared">What is declared beside them.</param>
internal sealed record SchemaReference(CatalogueSnapshot Snapshot, IReadOnlyDictionary<string, string?> Extensions, Declaration Declared)
{
    /// <summary>What in the files is no part of the schema that is compared, and was not replayed.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Files that have changed since they ran there; null: none.</summary>
    public WaitingFiles? Waiting { get; init; }

    /// <summary>
    /// Replays in a schema of a random name inside one transaction that is rolled back: the same major, nothing left, no lock on
    /// the schema itself, nor on tables of other schemas that foreign keys refer to.
    /// </summary>
    /// <param name="connection">The server itself, without a transaction.</param>
    /// <param name="schema">The schema's name.</param>
    /// <param name="applied">What the server has had, in order.</param>
    /// <param name="declared">What is declared beside the migrations; run after them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="waiting">Those of the applied that have changed since; null: none has.</param>
    /// <exception cref="SchemaException">It cannot be replayed there; the message says what lacks.</exception>
    public static async Task<SchemaReference> BuildAsync(
        NpgsqlConnection connection, string schema, IReadOnlyList<Migration> applied, Declaration declared, CancellationToken cancellationToken, IReadOnlyList<Migration>? waiting = null)
    {
        try
        {
            return await BuildAsync(connection, schema, applied, declared, waiting ?? [], withRows: false, cancellationToken).ConfigureAwait(false);
        }
        // Rows of the files that refer to rows of another schema, which a stand-in has only when it must.
        catch (SchemaException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation })
        {
            return await BuildAsync(connection, schema, applied, declared, waiting ?? [], withRows: true, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task<SchemaReference> BuildAsync(
        NpgsqlConnection connection, string schema, IReadOnlyList<Migration> applied, Declaration declared, IReadOnlyList<Migration> waiting, bool withRows, CancellationToken cancellationToken)
    {
        var scratch = ScratchName.New();
        var inPlace = applied.Any(migration => NamesItsSchema(migration, schema, scratch));
        var name = inPlace ? schema : scratch;
        var aside = inPlace ? scratch : null;

        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var live = await LiveSchemas.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        var (stands, leftOut) = (new StandIns(live.Others), new List<string>());
        var scripts = applied.Where(migration => !waiting.Contains(migration)).Select(migration => new ReplayedFile(migration, ReplayRules.Read(migration, name, stands, leftOut))).ToList();
        var changed = WaitingFiles.Read(waiting, name, stands, leftOut);
        var access = declared.Statements.Select(statement => SqlScript.Parse(statement.Replace(CanonicalText.Schema, name, StringComparison.Ordinal))).ToList();
        var scope = new CatalogueScope(name, schema) { Aside = aside, Owner = declared.Owner, StandIns = stands.Originals };

        var replay = new Replay(connection, name, aside, live);
        await replay.BeginAsync(stands, withRows, cancellationToken).ConfigureAwait(false);
        var reference = waiting.Count == 0 ? new SchemaReference(await AllAsync().ConfigureAwait(false), ExtensionsOf(scripts.Select(file => file.Script)), declared)
            : await WaitingFiles.BuildAsync(transaction, replay, scripts, changed, access, scope, declared, mayFail: withRows || stands.Tables.Count == 0, cancellationToken).ConfigureAwait(false);
        await transaction.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
        return reference with { LeftOut = leftOut };

        async Task<CatalogueSnapshot> AllAsync()
        {
            foreach (var file in scripts) replay.Add(file.Migration.Script, file.Script);
            foreach (var script in access) replay.Add(Replay.Access, script);
            await replay.RunAsync(cancellationToken).ConfigureAwait(false);
            return await CatalogueReader.ReadAsync(connection, scope, cancellationToken).ConfigureAwait(false);
        }
    }

    private static bool NamesItsSchema(Migration migration, string schema, string scratch)
    {
        try
        {
            return ScratchName.Names(SqlScript.Parse(migration.Sql.Replace(CanonicalText.Schema, scratch, StringComparison.Ordinal)), schema);
        }
        catch (SqlSyntaxException)
        {
            // Told with its line where it is read to be run.
            return false;
        }
    }

    /// <summary>Extensions that files ask for, with the version that they name or null.</summary>
    public static Dictionary<string, string?> ExtensionsOf(IEnumerable<SqlScript> scripts)
    {
        var extensions = new Dictionary<string, string?>(StringComparer.Ordinal);
        foreach (var statement in scripts.SelectMany(script => script.Statements).Where(statement => statement.StartsWith("create", "extension")))
        {
            var words = statement.Tokens.Skip(2).Where(token => !token.Is("if") && !token.Is("not") && !token.Is("exists")).ToList();
            var version = words.FindIndex(token => token.Is("version"));
            extensions[words[0].Name!] = version >= 0 ? words[version + 1].Text : null;
        }
        return extensions;
    }
}

/// <summary>A file as it is replayed.</summary>
/// <param name="Migration">The file.</param>
/// <param name="Script">What of it is run.</param>
internal sealed record ReplayedFile(Migration Migration, SqlScript Script);
