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
    private const string Limits = "set local lock_timeout = '2s'; set local statement_timeout = '60s'; set local client_min_messages = error";

    // search_path as the session has it, with the scratch schema before it, for migrations that name no schema.
    private const string Path = "select set_config('search_path', $1 || ', ' || current_setting('search_path'), true)";

    /// <summary>
    /// Replays in a schema of a random name inside one transaction that is rolled back: the same major, nothing left, no lock on
    /// the schema itself. Where migrations name their schema themselves, the real one is renamed for the length of that
    /// transaction, which nobody else sees.
    /// </summary>
    /// <param name="connection">The server itself, without a transaction.</param>
    /// <param name="schema">The schema's name.</param>
    /// <param name="applied">What the server has had, in order.</param>
    /// <param name="declared">What is declared beside the migrations; run after them.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">It cannot be replayed there; the message says what lacks.</exception>
    public static async Task<SchemaReference> BuildAsync(
        NpgsqlConnection connection, string schema, IReadOnlyList<Migration> applied, Declaration declared, CancellationToken cancellationToken)
    {
        var scratch = ScratchName.New();
        var inPlace = applied.Any(migration => ScratchName.Names(SqlScript.Parse(migration.Sql.Replace(CanonicalText.Schema, scratch, StringComparison.Ordinal)), schema));
        var name = inPlace ? schema : scratch;
        var scripts = applied.Select(migration => (migration.Script, Parsed: SqlScript.Parse(migration.Sql.Replace(CanonicalText.Schema, name, StringComparison.Ordinal))))
            .Concat(declared.Statements.Select(statement => (Script: "what access declares", Parsed: SqlScript.Parse(statement.Replace(CanonicalText.Schema, name, StringComparison.Ordinal))))).ToList();

        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await ReplayAsync(connection, scripts, name, inPlace ? scratch : null, cancellationToken).ConfigureAwait(false);
        var snapshot = await CatalogueReader.ReadAsync(connection, new CatalogueScope(name, schema) { Owner = declared.Owner }, cancellationToken).ConfigureAwait(false);
        await transaction.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
        return new SchemaReference(snapshot, ExtensionsOf(scripts.Select(script => script.Parsed)), declared);
    }

    private static async Task ReplayAsync(NpgsqlConnection connection, List<(string Script, SqlScript Parsed)> scripts, string name, string? aside, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        var origins = new List<string>();
        foreach (var limit in Limits.Split("; ")) Add(limit, "the limits");
        if (aside is not null) Add($"do $$ begin if exists (select from pg_namespace where nspname = '{name}') then alter schema \"{name}\" rename to \"{aside}\"; end if; end $$", "putting the schema aside");
        Add($"create schema \"{name}\"", "the scratch schema");
        batch.BatchCommands.Add(new(Path) { Parameters = { new() { Value = name } } });
        origins.Add("the search path");
        foreach (var (script, parsed) in scripts)
            foreach (var statement in parsed.Statements.Where(statement => !ScratchName.CannotStandInTransaction(statement)))
                // It is there already: a plain CREATE SCHEMA of the user's own would fail.
                if (!(statement.StartsWith("create", "schema") && statement.Tokens.Any(token => token.Name == name))) Add(ScratchName.WithoutConcurrently(statement), $"{script}, line {statement.Line}");
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            var at = e.BatchCommand is NpgsqlBatchCommand failed ? batch.BatchCommands.IndexOf(failed) : -1;
            throw new SchemaException($"The migrations cannot be replayed beside the schema: {(at >= 0 ? origins[at] : "a statement")}: {e.MessageText} ({e.SqlState}). {Advice(e.SqlState)}", e);
        }

        void Add(string sql, string origin)
        {
            batch.BatchCommands.Add(new(sql));
            origins.Add(origin);
        }
    }

    private static string Advice(string state) => state switch
    {
        "42501" => "The role needs CREATE on the database (grant create on database … to it); it creates a schema inside a transaction that is rolled back. Or compare with another provider: --against NAME.",
        "25006" => "The server is read-only (a standby): compare with another provider: --against NAME.",
        "55P03" => "Something holds a lock there; try again.",
        _ => "Nothing was changed. Compare with another provider: --against NAME.",
    };

    private static Dictionary<string, string?> ExtensionsOf(IEnumerable<SqlScript> scripts)
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
