using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// Runs files in a schema of their own, inside of a transaction that is rolled back. Where they name their schema themselves, the real
/// one is renamed for that long, which nobody else sees.
/// </summary>
/// <param name="connection">The server itself, in that transaction.</param>
/// <param name="name">The schema that they make.</param>
/// <param name="aside">What the real one is called meanwhile; null: it has another name anyway.</param>
/// <param name="live">What is there and must stay as it is.</param>
/// <param name="isShipped">They are Holdfast's own: no function that somebody has put into <c>public</c> is theirs.</param>
internal sealed class Replay(NpgsqlConnection connection, string name, string? aside, LiveSchemas live, bool isShipped)
{
    /// <summary>Where statements come from that no file has.</summary>
    public const string Access = "what access declares";

    private const string Limits = "set local lock_timeout = '2s'; set local statement_timeout = '60s'; set local client_min_messages = error; set local check_function_bodies = off; set local standard_conforming_strings = on";

    // search_path as the session has it, with the scratch schema before it, for migrations that name no schema. Behind it the real one
    // where that was put aside: extensions live there. Holdfast's own files name all that they mean.
    private const string Path = """
        select set_config('search_path', case when $4 then 'pg_catalog, pg_temp' else pg_catalog.concat_ws(', ', $1::text, nullif(current_setting('search_path'), ''), $2::text) end, true),
          set_config('role', $3, true)
        """;

    private const string Live = "select set_config('holdfast.live', $1, true)";

    private const string Aside = "putting the schema aside", Scratch = "the scratch schema", IsOfFiles = "of its files";

    // All statements together; each of them has a limit of its own.
    private const int SecondsMax = 600;

    // What a file put together at run time, or found by the search path: it may read what is live, and lock nothing of it.
    private const string Locks = """
        do $$ declare found text; begin
          select pg_catalog.format('%I.%I', n.nspname, c.relname) into found from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace
          where l.locktype = 'relation' and l.pid = pg_backend_pid() and l.mode <> 'AccessShareLock' and n.oid = any (current_setting('holdfast.live')::oid[])
            and not exists (select from pg_depend d where d.classid = 'pg_class'::regclass and d.objid = c.oid and d.deptype = 'e') limit 1;
          if found is not null then raise exception 'it changes or locks %, which is live and not of the schema that is replayed', found; end if;
        end $$
        """;

    private readonly List<string> _statements = [];
    private readonly List<(string Origin, bool IsOfFile)> _origins = [];
    private bool _isAtAccess;
    private readonly ExtensionsAside? _extensions = aside is null ? null : new ExtensionsAside(name, aside, live.Extended);

    /// <summary>Makes the schema, and the stand-ins that foreign keys need.</summary>
    /// <param name="stands">All that the files refer to.</param>
    /// <param name="withRows">Stand-ins have the rows of the live tables.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task BeginAsync(StandIns stands, bool withRows, CancellationToken cancellationToken)
    {
        foreach (var limit in Limits.Split("; ")) Add(limit, "the limits");
        if (aside is not null) Add($"do $$ begin if exists (select from pg_namespace where nspname = '{name}') then alter schema \"{name}\" rename to \"{aside}\"; end if; end $$", Aside, isOfFile: true);
        Add($"create schema \"{name}\"", Scratch);
        foreach (var schema in stands.Scratch) Add($"create schema \"{schema}\"", Scratch);
        if (stands.Tables.Count > 0)
        {
            await RunAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await stands.MakeAsync(connection, withRows, cancellationToken).ConfigureAwait(false);
            }
            catch (SchemaException e)
            {
                throw new SchemaException($"The migrations cannot be replayed beside the schema: {e.Message} {ReplayRules.Advice}", e.InnerException!) { Data = { [IsOfFiles] = true } };
            }
        }
    }

    /// <summary>A file, to be run with the next ones.</summary>
    /// <param name="script">Its name.</param>
    /// <param name="parsed">What of it is run.</param>
    public void Add(string script, SqlScript parsed)
    {
        // As a migration begins each file: with nothing that the one before has set.
        if (!_isAtAccess)
        {
            foreach (var fresh in Limits.Split("; ").Prepend("reset all")) Add(fresh, "the limits");
            Add(Path, "the search path");
        }
        _isAtAccess = script == Access;
        foreach (var statement in parsed.Statements)
            // It is there already: a plain CREATE SCHEMA of the user's own would fail.
            if (!(statement.StartsWith("create", "schema") && statement.Tokens.Any(token => token.Name == name))) Add(OutsideOfSchemas.UnlessThere(statement, ScratchName.WithoutConcurrently(statement, _extensions)), $"{script}, line {statement.Line}", !_isAtAccess);
        if (_isAtAccess) return;
        Add(Live, script);
        Add(Locks, script, isOfFile: true);
    }

    /// <summary>Runs what was added, in one round trip.</summary>
    /// <exception cref="SchemaException">A statement failed; the message says which, why, and what helps.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection) { Timeout = connection.CommandTimeout == 0 ? 0 : Math.Max(connection.CommandTimeout, SecondsMax) };
        await using var _ = batch.ConfigureAwait(false);
        var origins = _origins.ToList();
        foreach (var sql in _statements)
        {
            var command = new NpgsqlBatchCommand(sql);
            if (sql == Path) command.Parameters.AddRange(new NpgsqlParameter[] { new() { Value = name }, new() { Value = (object?)aside ?? DBNull.Value }, new() { Value = live.Role }, new() { Value = isShipped } });
            if (sql == Live) command.Parameters.Add(new() { Value = $"{{{string.Join(',', live.Oids)}}}" });
            batch.BatchCommands.Add(command);
        }
        _statements.Clear();
        _origins.Clear();
        try
        {
            await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            var (origin, isOfFile) = e.BatchCommand is NpgsqlBatchCommand failed && batch.BatchCommands.IndexOf(failed) is >= 0 and var at ? origins[at] : ("a statement", false);
            throw new SchemaException($"The migrations cannot be replayed beside the schema: {origin}: {e.MessageText.Replace(aside ?? name, name, StringComparison.Ordinal)} ({e.SqlState}). {Advice(e.SqlState, origin, name)}", e) { Data = { [IsOfFiles] = isOfFile } };
        }
    }

    /// <summary>What the files ask for is more than the role may, or takes too long: everything else that a replay needs is there.</summary>
    public static bool IsOfItsFiles(SchemaException error) => error.Data[IsOfFiles] is true;

    private void Add(string sql, string origin, bool isOfFile = false)
    {
        _statements.Add(sql);
        _origins.Add((origin, isOfFile));
    }

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
}
