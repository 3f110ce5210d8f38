using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// The statements that merge rows, made from the catalogue: identifiers come from <see cref="Tables"/>, values are parameters.
/// Nothing is locked by a read before the merge and every statement writes in the order of the primary key: that is what
/// keeps two batches from waiting for each other.
/// </summary>
internal sealed class MergeStatements
{
    private readonly string _schema;
    private readonly MergeRules _rules;

    public MergeStatements(string schema, MergeRules rules, Table table)
    {
        _schema = schema;
        _rules = rules;
        Table = table;
        Sent = [.. table.Columns.Where(column => column.Name is not ("loser" or "feed" or "nonce"))];
        Insert = InsertOne();
        Merge = MergeMany();
        ForgetLosers = $"update {Name(table)} set loser = null where loser is not null and tenant_id = any($1)";
    }

    public Table Table { get; }

    /// <summary>The columns that a row brings; the server fills the others.</summary>
    public IReadOnlyList<Column> Sent { get; }

    /// <summary>One row that is new and that no erasure covers; it changes nothing in any other case.</summary>
    public string Insert { get; }

    /// <summary>
    /// Many rows, a parameter array per column. Answers with (ordinal, inserted, conflict, covered) for each row that was not
    /// simply inserted.
    /// </summary>
    public string Merge { get; }

    /// <summary>
    /// The column <c>loser</c> only carries a losing row from the upsert to <c>conflicts</c> (a server below 18 cannot return
    /// the old row); it is empty again before the transaction commits.
    /// </summary>
    public string ForgetLosers { get; }

    public static string Covers(string schema, string row) =>
        $"exists (select 1 from {schema}.erasures x where x.tenant_id = {row}.tenant_id and x.through >= {row}.stamp and (x.user_id = {row}.user_id or x.session_id = {row}.session_id))";

    private string Name(Table table) => $"{_schema}.{table.Name}";

    private bool CanBeErased => Table != Tables.Erasures;

    private string Names(string prefix = "") => string.Join(", ", Sent.Select(column => prefix + column.Name));

    private string InsertOne()
    {
        var values = Sent.Select((column, i) => column.Type == ColumnType.Json ? $"${i + 1}::json" : $"${i + 1}");
        var position = Sent.Select((column, i) => (column.Name, Parameter: $"${i + 1}")).ToDictionary(x => x.Name, x => x.Parameter);
        return $"""
            insert into {Name(Table)} ({Names()})
            select {string.Join(", ", values)}
            where not {_schema}.is_erased({position["tenant_id"]}, {position["stamp"]}, {position["user_id"]}, {position["session_id"]})
            on conflict (tenant_id, id) do nothing
            """;
    }

    private string MergeMany()
    {
        var arrays = string.Join(", ", Sent.Select((column, i) => $"${i + 1}::{PostgresTypes.Wire(column.Type)}[]"));
        return $"""
            with arriving as (
              select a.ord, e.covered, {string.Join(", ", Sent.Select(Arriving))}
              from unnest({arrays}) with ordinality a({Names()}, ord)
              cross join lateral (select {(CanBeErased ? Covers(_schema, "a") : "false")} as covered) e
              {(_rules.CoveredRowIsStoredEmpty ? "" : "where not e.covered")}
            ), merged as (
              insert into {Name(Table)} as t ({Names()})
              select {Names()} from arriving order by tenant_id, id
              {OnConflict()}
              returning t.tenant_id, t.id, t.xmax::text = '0' as inserted, t.loser
            ){(_rules.FirstStampWins ? KeepLosers() : "")}
            select a.ord, coalesce(m.inserted, false), coalesce(not m.inserted and m.loser is not null, false), a.covered
            from arriving a left join merged m using (tenant_id, id)
            where a.covered or not coalesce(m.inserted, false)
            """;
    }

    private static string Arriving(Column column)
    {
        var value = column.Type == ColumnType.Json ? $"a.{column.Name}::json" : $"a.{column.Name}";
        return column.Erasable ? $"case when e.covered then null else {value} end as {column.Name}" : value;
    }

    private string OnConflict()
    {
        if (!_rules.FirstStampWins) return "on conflict (tenant_id, id) do nothing";
        var lower = "excluded.stamp < t.stamp";
        var changes = Sent.Where(column => column.Name is not ("tenant_id" or "id"))
            .Select(column => column.Name)
            .Concat(_rules.ReplacedRowMovesInFeed ? ["feed", "nonce"] : [])
            .Select(name => $"{name} = case when {lower} then excluded.{name} else t.{name} end");
        return $"""
            on conflict (tenant_id, id) do update set
                {string.Join(",\n    ", changes)},
                loser = case when not ({Differs()}) then null when {lower} then {Loser("t")} else {Loser("excluded")} end
              where {lower}{(_rules.ArrivingLoserIsKept ? $" or (excluded.stamp > t.stamp and ({Differs()}))" : "")}
            """;
    }

    // A retry has a later stamp and another time and says the same: neither makes it different.
    private string Differs() => string.Join(" or ", Compared()
        .Select(column => column.Type == ColumnType.Json ? (t: $"t.{column.Name}::text", e: $"excluded.{column.Name}::text") : (t: $"t.{column.Name}", e: $"excluded.{column.Name}"))
        .Select(pair => $"{pair.t} is distinct from {pair.e}"));

    private IEnumerable<Column> Compared() => Sent.Where(column => column.Name is "user_id" or "session_id").Concat(Table.Own);

    // Written by hand, not with json_build_object: the local file must come to the same bytes (LostRow).
    private string Loser(string row) =>
        $$$"""('{"stamp":"' || {{{row}}}.stamp || '","user_id":' || coalesce(to_json({{{row}}}.user_id)::text, 'null') || ',"session_id":' || coalesce(to_json({{{row}}}.session_id)::text, 'null') || ',"content":{' || {{{string.Join(" || ',' || ", Members(row))}}} || '}}')::json""";

    private IEnumerable<string> Members(string row) =>
        Sent.Where(column => column.Name is "key" or "occurred_at").Concat(Table.Own)
            .Select(column => $"'\"{column.Name}\":' || {Member($"{row}.{column.Name}", column.Type)}");

    private static string Member(string value, ColumnType type) => type switch
    {
        ColumnType.Json => $"coalesce({value}::text, 'null')",
        ColumnType.Timestamp => $"coalesce((extract(epoch from {value}) * 1000000)::bigint::text, 'null')",
        ColumnType.Integer => $"coalesce({value}::text, 'null')",
        ColumnType.Text => $"coalesce(to_json({value})::text, 'null')",
        ColumnType.Uuid => $"coalesce('\"' || {value} || '\"', 'null')",
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "No append table has such a column."),
    };

    private string KeepLosers()
    {
        var hash = $"sha256(convert_to('{Table.Name}', 'UTF8') || uuid_send(m.id) || uuid_send((m.loser->>'stamp')::uuid))";
        var stamp = _rules.LoserKeepsStampAndScope ? "(m.loser->>'stamp')::uuid" : "gen_random_uuid()";
        var scope = _rules.LoserKeepsStampAndScope ? "m.loser->>'user_id' as user_id, m.loser->>'session_id' as session_id" : "null as user_id, null as session_id";
        return $"""
            , lost as (
              select m.tenant_id, m.id as target_id, {hash} as hash, {stamp} as stamp, {scope}, m.loser->'content' as content
              from merged m where not m.inserted and m.loser is not null
            ), kept as (
              insert into {_schema}.conflicts (tenant_id, id, stamp, user_id, session_id, occurred_at, target_table, target_id, content)
              select l.tenant_id, encode(set_byte(set_byte(substr(l.hash, 1, 16), 6, get_byte(l.hash, 6) & 15 | 128), 8, get_byte(l.hash, 8) & 63 | 128), 'hex')::uuid as id,
                l.stamp, l.user_id, l.session_id, to_timestamp((l.content->>'occurred_at')::bigint / 1000000) + (l.content->>'occurred_at')::bigint % 1000000 * interval '1 microsecond',
                '{Table.Name}', l.target_id, case when {Covers(_schema, "l")} then null else l.content end
              from lost l order by 1, 2
              on conflict do nothing
            )
            """;
    }
}
