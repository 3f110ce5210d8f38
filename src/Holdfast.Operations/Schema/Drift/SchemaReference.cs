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
    private const string Limits = "set local lock_timeout = '2s'; set local statement_timeout = '60s'; set local client_min_messages = error; set local check_function_bodies = off";

    // search_path as the session has it, with the scratch schema before it, for migrations that name no schema. Behind it the real one
    // where that was put aside: extensions live there.
    private const string Path = "select set_config('search_path', concat_ws(', ', $1, nullif(current_setting('search_path'), ''), $2::text), true), set_config('holdfast.live', $3, true)";

    private const string Aside = "putting the schema aside", Scratch = "the scratch schema", Access = "what access declares";

    // All statements together; each of them has a limit of its own.
    private const int SecondsMax = 600;

    // What a file put together at run time, or found by the search path: it may read what is live, and lock nothing of it.
    private const string Locks = """
        do $$ declare found text; begin
          select format('%I.%I', n.nspname, c.relname) into found from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
          where l.locktype = 'relation' and l.pid = pg_backend_pid() and l.mode <> 'AccessShareLock' and n.oid = any (current_setting('holdfast.live')::oid[])
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') limit 1;
          if found is not null then raise exception 'it changes or locks %, which is live and not of the schema that is replayed', found; end if;
        end $$
        """;

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
        var aside = inPlace ? scratch : null;

        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var live = await LiveSchemas.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        var scripts = applied.Select(migration => (migration.Script, Parsed: ReplayRules.Read(migration, name, live.Others)))
            .Concat(declared.Statements.Select(statement => (Script: Access, Parsed: SqlScript.Parse(statement.Replace(CanonicalText.Schema, name, StringComparison.Ordinal))))).ToList();
        await ReplayAsync(connection, scripts, name, aside, live, cancellationToken).ConfigureAwait(false);
        var snapshot = await CatalogueReader.ReadAsync(connection, new CatalogueScope(name, schema) { Aside = aside, Owner = declared.Owner }, cancellationToken).ConfigureAwait(false);
        await transaction.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
        return new SchemaReference(snapshot, ExtensionsOf(scripts.Select(script => script.Parsed)), declared);
    }

    private static async Task ReplayAsync(NpgsqlConnection connection, List<(string Script, SqlScript Parsed)> scripts, string name, string? aside, LiveSchemas live, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = connection.CommandTimeout == 0 ? 0 : Math.Max(connection.CommandTimeout, SecondsMax) };
        await using var _ = batch.ConfigureAwait(false);
        var origins = new List<string>();
        var extensions = aside is null ? null : new ExtensionsAside(name, aside, live.Extended);
        foreach (var limit in Limits.Split("; ")) Add(limit, "the limits");
        if (aside is not null) Add($"do $$ begin if exists (select from pg_namespace where nspname = '{name}') then alter schema \"{name}\" rename to \"{aside}\"; end if; end $$", Aside);
        Add($"create schema \"{name}\"", Scratch);
        batch.BatchCommands.Add(new(Path) { Parameters = { new() { Value = name }, new() { Value = (object?)aside ?? DBNull.Value }, new() { Value = $"{{{string.Join(',', live.Oids)}}}" } } });
        origins.Add("the search path");
        foreach (var (script, parsed) in scripts)
        {
            foreach (var statement in parsed.Statements.Where(statement => !ReplayRules.IsLeftOut(statement)))
                // It is there already: a plain CREATE SCHEMA of the user's own would fail.
                if (!(statement.StartsWith("create", "schema") && statement.Tokens.Any(token => token.Name == name))) Add(ScratchName.WithoutConcurrently(statement, extensions), $"{script}, line {statement.Line}");
            if (script != Access) Add(Locks, script);
        }
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            var at = e.BatchCommand is NpgsqlBatchCommand failed ? batch.BatchCommands.IndexOf(failed) : -1;
            var origin = at >= 0 ? origins[at] : "a statement";
            throw new SchemaException($"The migrations cannot be replayed beside the schema: {origin}: {e.MessageText.Replace(aside ?? name, name, StringComparison.Ordinal)} ({e.SqlState}). {Advice(e.SqlState, origin, name)}", e)
            {
                Data = { [IsOfFiles] = at >= 0 && (origin == Aside || scripts.Any(script => script.Script != Access && (origin == script.Script || origin.StartsWith($"{script.Script}, line ", StringComparison.Ordinal)))) },
            };
        }

        void Add(string sql, string origin)
        {
            batch.BatchCommands.Add(new(sql));
            origins.Add(origin);
        }
    }

    /// <summary>What the files ask for is more than the role may, or takes too long: everything else that a replay needs is there.</summary>
    public static bool IsOfItsFiles(SchemaException error) => error.Data[IsOfFiles] is true;

    private const string IsOfFiles = "of its files";

    private static string Advice(string state, string origin, string schema) => state switch
    {
        "42501" when origin == Aside => $"These migrations name their schema themselves, so the role needs to own the schema {schema}, or they name it {CanonicalText.Schema}. {ReplayRules.Advice}",
        "42501" when origin != Scratch => $"The role may not do what that statement does; whoever ran the migrations may. Nothing was changed. {ReplayRules.Advice}",
        "57014" => $"It takes longer than a replay may. Nothing was changed. {ReplayRules.Advice}",
        "42501" => "The role needs CREATE on the database (grant create on database … to it); it creates a schema inside a transaction that is rolled back. Or compare with another provider: --against NAME.",
        "25006" => "It takes no writes: compare with another provider: --against NAME.",
        "55P03" => "Something holds a lock there; try again.",
        _ => $"Nothing was changed. {ReplayRules.Advice}",
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
