using System.Text;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// Leads foreign keys away from live tables of other schemas: one that is added locks the table it refers to against writes until its
/// transaction ends. In its place stands a table with the same keys, in a scratch schema; nothing of the live one is locked for that, nor need it be readable.
/// </summary>
/// <param name="schemas">The schemas that are live and not the one that is made again: their names, and how the server writes them.</param>
internal sealed class StandIns(IReadOnlyDictionary<string, string> schemas)
{
    // From the catalogue, with types as any search path finds them. A foreign key needs the unique columns and no others.
    private const string Make = """
        do $$ declare
          path text := current_setting('search_path');
          live_schema text := current_setting('holdfast.stand_for_schema');
          live_name text := current_setting('holdfast.stand_for_table');
          stand text := current_setting('holdfast.stand_schema');
          has_rows bool := current_setting('holdfast.stand_rows')::bool;
          live oid; kind "char"; names text; cols text; keys text;
        begin
          perform set_config('search_path', '', true);
          select c.oid, c.relkind into live, kind from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = live_schema and c.relname = live_name and c.relkind in ('r', 'p');
          if live is null then raise exception 'there is no such table' using errcode = 'undefined_table'; end if;
          select string_agg(quote_ident(a.attname), ', ' order by a.attnum),
              string_agg(quote_ident(a.attname) || ' ' || format_type(coalesce(nullif(t.typbasetype, 0), t.oid), case when t.typbasetype = 0 then a.atttypmod else t.typtypmod end)
                || case when a.attcollation <> 0 and a.attcollation <> t.typcollation then ' collate ' || a.attcollation::regcollation else '' end, ', ' order by a.attnum)
            into names, cols from pg_attribute a join pg_type t on t.oid = a.atttypid
            where a.attrelid = live and a.attnum in (select unnest(i.indkey::int2[]) from pg_index i
              where i.indrelid = live and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null);
          select string_agg(coalesce(pg_get_constraintdef(o.oid), 'unique (' || (select string_agg(quote_ident(a.attname), ', ' order by k.place)
                from unnest(i.indkey::int2[]) with ordinality k(attribute, place) join pg_attribute a on a.attrelid = live and a.attnum = k.attribute where k.place <= i.indnkeyatts) || ')'), ', ' order by i.indexrelid)
            into keys from pg_index i left join pg_constraint o on o.conindid = i.indexrelid and o.conrelid = i.indrelid and o.contype in ('p', 'u')
            where i.indrelid = live and i.indisunique and i.indisvalid and i.indimmediate and i.indpred is null and i.indexprs is null;
          execute format('create table %I.%I (%s)', stand, live_name, concat_ws(', ', cols, keys));
          if has_rows and names is not null then execute format('insert into %I.%I (%s) select %s from %s %I.%I', stand, live_name, names, names, case kind when 'r' then 'only' else '' end, live_schema, live_name); end if;
          perform set_config('search_path', path, true);
        exception when insufficient_privilege then
          raise exception '%; grant usage on schema % to %', sqlerrm, quote_ident(live_schema),
            quote_ident(current_user) || case when has_rows then format('; grant select on %I.%I to %I', live_schema, live_name, current_user) else '' end using errcode = 'insufficient_privilege';
        end $$
        """;

    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly List<string> _scratch = [];
    private readonly List<RelationName> _tables = [];

    /// <summary>The scratch schemas that are needed.</summary>
    public IReadOnlyList<string> Scratch => _scratch;

    /// <summary>Each of them with how the server writes the name of the live one that it stands for.</summary>
    public IReadOnlyDictionary<string, string> Originals => _names.ToDictionary(pair => pair.Value, pair => schemas[pair.Key]);

    /// <summary>The live tables that are referred to.</summary>
    public IReadOnlyList<RelationName> Tables => _tables;

    /// <summary>Whether a schema is live and not the one that is made again.</summary>
    public bool IsForeign(string? schema) => schema is not null && schemas.ContainsKey(schema);

    /// <summary>The live tables that a text's foreign keys refer to.</summary>
    public IEnumerable<RelationName> ReferredBy(string sql)
    {
        var tokens = Read(sql);
        return Enumerable.Range(0, tokens.Count).Select(i => Referred(tokens, i)?.Name).OfType<RelationName>();
    }

    /// <summary>The statement with its foreign keys led to stand-ins, those of a <c>DO</c> block too; itself where there is none.</summary>
    public SqlStatement Lead(SqlStatement statement)
    {
        var sql = Changed(statement.Sql, Changes(statement.Sql, statement.Tokens, statement.StartsWith("do") ? _ => true : _ => false, statement.Tokens[0].Start));
        return sql == statement.Sql ? statement : statement with { Sql = sql, Tokens = SqlScript.Parse(sql).Statements[0].Tokens };
    }

    /// <summary>The same of a statement that the server wrote.</summary>
    public string Lead(string sql) => Read(sql) is { Count: > 0 } tokens ? Changed(sql, Changes(sql, tokens, _ => false, start: 0)) : sql;

    /// <summary>Makes the tables, in scratch schemas that are there.</summary>
    /// <param name="connection">In a transaction that is rolled back, as the role that refers to them.</param>
    /// <param name="withRows">With the rows of the live ones, for rows that refer to them; the role must be able to read those then.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">One is not there, or cannot be made; the message says what lacks.</exception>
    public async Task MakeAsync(NpgsqlConnection connection, bool withRows, CancellationToken cancellationToken)
    {
        foreach (var table in _tables)
        {
            var batch = new NpgsqlBatch(connection)
            {
                BatchCommands =
                {
                    new("select set_config('holdfast.stand_for_schema', $1, true), set_config('holdfast.stand_for_table', $2, true), set_config('holdfast.stand_schema', $3, true), set_config('holdfast.stand_rows', $4, true)")
                    {
                        Parameters = { new() { Value = table.Schema }, new() { Value = table.Name }, new() { Value = _names[table.Schema!] }, new() { Value = withRows ? "true" : "false" } },
                    },
                    new(Make),
                },
            };
            await using var _ = batch.ConfigureAwait(false);
            try
            {
                await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                throw new SchemaException($"No stand-in can be made there for {table}, which a foreign key refers to: {e.MessageText} ({e.SqlState}). Nothing was changed.", e);
            }
        }
    }

    // From the end: what stands before keeps its place.
    private static string Changed(string sql, List<TextChange> changes)
    {
        foreach (var change in changes) sql = string.Concat(sql.AsSpan(0, change.Start), change.Text, sql.AsSpan(change.End));
        return sql;
    }

    // From the last one on. The text begins at this place of what its words were read from.
    private List<TextChange> Changes(string text, IReadOnlyList<SqlToken> tokens, Func<int, bool> isRun, int start)
    {
        var changes = new List<TextChange>();
        for (var i = tokens.Count - 1; i >= 0; i--)
        {
            if (Referred(tokens, i) is var (table, next)) changes.Add(new TextChange(tokens[i + 1].Start - start, tokens[next - 3].End - start, NameOf(table)));
            else if (tokens[i].Kind == SqlTokenKind.Text && isRun(i) && LedBody(SqlText.Unescape(text, tokens[i] with { Start = tokens[i].Start - start })) is { } body)
                changes.Add(new TextChange(tokens[i].Start - start, tokens[i].End - start, SqlQuote.Literal(body)));
        }
        return changes;
    }

    // Of the texts in a body only what is run there is SQL. Null: nothing is led.
    private string? LedBody(string body)
    {
        var tokens = Read(body);
        if (tokens.Count == 0) return null;
        var changes = Changes(body, tokens, i => i > 0 && (tokens[i - 1].Is("execute") || (i > 1 && tokens[i - 1].IsSymbol("(") && tokens[i - 2].Is("format"))), start: 0);
        if (changes.Count == 0) return null;
        var led = new StringBuilder(body);
        foreach (var change in changes) led.Remove(change.Start, change.End - change.Start).Insert(change.Start, change.Text);
        return led.ToString();
    }

    private (RelationName Name, int Next)? Referred(IReadOnlyList<SqlToken> tokens, int i) =>
        tokens[i].Is("references") && RelationName.Read(tokens, i + 1) is var (name, next) && IsForeign(name.Schema) ? (name, next) : null;

    private string NameOf(RelationName table)
    {
        if (!_tables.Contains(table)) _tables.Add(table);
        if (!_names.TryGetValue(table.Schema!, out var name))
        {
            _scratch.Add(ScratchName.New());
            _names[table.Schema!] = name = _scratch[^1];
        }
        return _scratch[_scratch.IndexOf(name)];
    }

    /// <summary>Words without comments; none where it is another language than SQL.</summary>
    public static IReadOnlyList<SqlToken> Read(string sql)
    {
        try
        {
            return [.. SqlTokenizer.Read(sql).Where(token => token.Kind != SqlTokenKind.Comment)];
        }
        catch (SqlSyntaxException)
        {
            return [];
        }
    }

    // What stands from one place to another becomes this.
    private readonly record struct TextChange(int Start, int End, string Text);
}
