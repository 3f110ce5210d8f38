using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>What is to be built or dropped: the statements, or that nothing is to be done.</summary>
/// <param name="Name">The index.</param>
/// <param name="QualifiedName">Schema and name as SQL.</param>
/// <param name="Before">An invalid one of that name that goes first.</param>
/// <param name="Build">The statement that builds it; null: it is there already.</param>
internal sealed record IndexBuildPlan(string Name, string QualifiedName, string? Before, string? Build)
{
    /// <summary>The index of another name that is the same, or does the same: a second one would only cost.</summary>
    public string? ThereAs { get; init; }
}

/// <summary>Decides what building an index means on a server.</summary>
internal static class IndexPlan
{
    // Names go in as values and come back quoted, and only columns that the table has.
    private const string BuildStatement = """
        select format('create index concurrently %I on %I.%I (%s)', $1::text, n.nspname, t.relname, string_agg(format('%I', a.attname), ', ' order by w.i))
        from pg_class t join pg_namespace n on n.oid = t.relnamespace
        cross join unnest($4::text[]) with ordinality w(name, i) join pg_attribute a on a.attrelid = t.oid and a.attname = w.name and a.attnum > 0 and not a.attisdropped
        where n.nspname = $2 and t.relname = $3 and t.relkind in ('r', 'm') group by n.nspname, t.relname having count(*) = cardinality($4::text[])
        """;

    // The same columns, whole and valid, in the order and with the operators and collations that a plain statement gives. A unique one finds rows as well.
    private const string Same = """
        select i.relname::text from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace join pg_am m on m.oid = i.relam
        where n.nspname = $1 and t.relname = $2 and m.amname = 'btree' and x.indisvalid and x.indisready and x.indpred is null and x.indexprs is null and x.indnkeyatts = cardinality($3::text[]) and x.indnatts = x.indnkeyatts
          and not exists (select from unnest($3::text[], string_to_array(x.indkey::text, ' ')::int2[], string_to_array(x.indclass::text, ' ')::oid[], string_to_array(x.indcollation::text, ' ')::oid[], string_to_array(x.indoption::text, ' ')::int2[]) k(name, n, operators, sorting, direction)
            left join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n left join pg_opclass o on o.oid = k.operators
            where (a.attname = k.name and o.opcdefault and k.sorting = a.attcollation and k.direction = 0) is not true)
        order by x.indisprimary desc, x.indisunique desc, i.relname limit 1
        """;

    private const string Partitions = """
        select p.relname::text from pg_class t join pg_namespace n on n.oid = t.relnamespace cross join lateral pg_partition_tree(t.oid) l join pg_class p on p.oid = l.relid
        where n.nspname = $1 and t.relname = $2 and t.relkind = 'p' and l.isleaf and p.relkind = 'r' order by 1
        """;

    /// <param name="session">The server.</param>
    /// <param name="schema">The schema.</param>
    /// <param name="name">The index; null: as <paramref name="columns"/> make it.</param>
    /// <param name="table">Its table, for one that nothing declares.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">It cannot be built that way.</exception>
    /// <exception cref="UnknownIndexException">Nothing says what it would be.</exception>
    public static async Task<IndexBuildPlan> OfAsync(ControlSession session, string schema, string? name, string? table, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var here = await IndexReader.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false);
        if (table is null && here.UnindexedKeys.FirstOrDefault(key => key.IndexName == name) is { } key && !here.Live.Any(live => live.Name == name)) (table, columns) = (key.Table, key.Columns);
        name ??= UnindexedKey.NameOf(table!, columns);
        var live = here.Live.FirstOrDefault(live => live.Name == name);
        var build = table is not null ? SqlQuote.Part(await session.ScalarAsync<string?>(BuildStatement, cancellationToken, name, schema, table, columns.ToArray()).ConfigureAwait(false)
                ?? throw await NoPlainTableAsync(session, schema, table, columns, cancellationToken).ConfigureAwait(false))
            : here.Declared.FirstOrDefault(declared => declared.Name == name)?.Sql
            ?? (live is not null && IndexStatement.TryRead(live.Definition, out var statement) ? statement.Concurrently : null)
            ?? throw new UnknownIndexException($"{session.Target}: no migration declares an index {name}, {schema} has none of that name, and no foreign key asks for it.", "holdfast schema index check");
        var qualified = SqlQuote.Name(schema, name);
        if (table is not null && (await session.QueryAsync(Same, row => row.GetString(0), cancellationToken, schema, table, columns.ToArray()).ConfigureAwait(false)).FirstOrDefault() is { } same && same != name)
            return new IndexBuildPlan(name, qualified, null, null) { ThereAs = same };
        if (live is null) return new IndexBuildPlan(name, qualified, null, build);
        if (live.IsReindexLeftover) throw new SchemaException($"{session.Target}: {name} is left of a 'reindex concurrently' that was ended; the index that it was to replace is there. Drop it: {new IndexAdvice(schema, isNamed: true).Drop(name)}");
        if (live.IsBeingBuilt) throw new SchemaException($"{session.Target}: {name} is being built by somebody else right now. Nothing was changed; wait for that.");
        if (live.IsPartitioned) throw new SchemaException($"{session.Target}: {name} belongs to a partitioned table, which cannot be indexed as a whole while writers go on. Build it on each partition.");
        if (live is { IsValid: true, IsReady: true })
            return table is null || live.Table == table ? new IndexBuildPlan(name, qualified, null, null)
                : throw new SchemaException($"{session.Target}: {name} is an index of {live.Table}. Nothing was changed; give another name.");
        return new IndexBuildPlan(name, qualified, $"drop index concurrently {live.QualifiedName}", build);
    }

    private static async Task<SchemaException> NoPlainTableAsync(ControlSession session, string schema, string table, IReadOnlyList<string> columns, CancellationToken cancellationToken)
    {
        var partitions = await session.QueryAsync(Partitions, row => row.GetString(0), cancellationToken, schema, table).ConfigureAwait(false);
        return new SchemaException(partitions.Count > 0
            ? $"{session.Target}: {schema}.{table} is a partitioned table, which cannot be indexed as a whole while writers go on. Nothing was changed. Run: {new IndexAdvice(schema, isNamed: true).Build(new UnindexedKey("", table, columns) { Partitions = partitions })}"
            : $"{session.Target}: {schema}.{table} is no plain table with the columns {string.Join(", ", columns)}. Nothing was changed.");
    }
}

/// <summary>Nobody knows an index of that name.</summary>
/// <param name="message">Who was asked.</param>
/// <param name="suggestion">What to run.</param>
internal sealed class UnknownIndexException(string message, string suggestion) : HoldfastException(message)
{
    public string Suggestion { get; } = suggestion;
}
