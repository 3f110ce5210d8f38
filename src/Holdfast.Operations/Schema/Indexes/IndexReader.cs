using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Reads the indexes of a schema, the foreign keys without one, and what statistics say.</summary>
internal static class IndexReader
{
    private const string Indexes = """
        select i.relname::text, format('%I.%I', n.nspname, i.relname), t.relname::text, pg_get_indexdef(i.oid), x.indisvalid, x.indisready, x.indisprimary, x.indisunique, x.indisreplident,
          (select string_agg(distinct quote_ident(c.conname) || case when c.contype = 'f' then ' of ' || c.conrelid::regclass else '' end, ', ') from pg_constraint c where c.conindid = i.oid),
          i.relkind = 'I' or i.relispartition,
          concat_ws('|', t.oid, a.amname, x.indnkeyatts, x.indkey, x.indclass, x.indcollation, x.indoption, pg_get_expr(x.indexprs, x.indrelid), '/', pg_get_expr(x.indpred, x.indrelid), to_jsonb(x) ->> 'indnullsnotdistinct'),
          concat_ws('|', t.oid, '/', pg_get_expr(x.indpred, x.indrelid)),
          case when a.amname = 'btree' and x.indexprs is null then array(
            select concat_ws('|', k.n, (string_to_array(x.indclass::text, ' '))[k.i], (string_to_array(x.indcollation::text, ' '))[k.i], (string_to_array(x.indoption::text, ' '))[k.i])
            from unnest(string_to_array(x.indkey::text, ' ')) with ordinality k(n, i) where k.i <= x.indnkeyatts order by k.i) end,
          coalesce(s.idx_scan, 0), pg_relation_size(i.oid),
          exists (select from pg_stat_progress_create_index p where p.index_relid = i.oid)
            or (not x.indisvalid and exists (select from pg_locks l where l.relation = i.oid and l.granted and l.pid <> pg_backend_pid())),
          exists (select from pg_constraint c where c.contype = 'f' and c.conrelid = t.oid and x.indpred is null and x.indnkeyatts >= cardinality(c.conkey)
            and (string_to_array(x.indkey::text, ' ')::int2[])[1:cardinality(c.conkey)] @> c.conkey)
        from pg_index x join pg_class i on i.oid = x.indexrelid join pg_class t on t.oid = x.indrelid join pg_namespace n on n.oid = t.relnamespace
        join pg_am a on a.oid = i.relam left join pg_stat_user_indexes s on s.indexrelid = i.oid
        where n.nspname = $1 order by t.relname, i.relname
        """;

    // Enough for a look-up of a parent's children: the first columns of a whole, valid index are those of the key, in any order.
    private const string ForeignKeys = """
        select c.conname::text, t.relname::text, array(select a.attname::text from unnest(c.conkey) with ordinality k(n, i) join pg_attribute a on a.attrelid = t.oid and a.attnum = k.n order by k.i),
          case when t.relkind = 'p' then array(select p.relname::text from pg_partition_tree(t.oid) l join pg_class p on p.oid = l.relid where l.isleaf and p.relkind = 'r' and p.relnamespace = t.relnamespace order by 1) end
        from pg_constraint c join pg_class t on t.oid = c.conrelid join pg_namespace n on n.oid = t.relnamespace
        where c.contype = 'f' and c.conparentid = 0 and n.nspname = $1 and not exists (
          select from pg_index x where x.indrelid = c.conrelid and x.indisvalid and x.indpred is null and x.indnkeyatts >= cardinality(c.conkey)
            and (string_to_array(x.indkey::text, ' ')::int2[])[1:cardinality(c.conkey)] @> c.conkey)
        order by t.relname, c.conname
        """;

    private const string Reset = "select stats_reset from pg_stat_database where datname = current_database()";

    public static async Task<SchemaIndexes> ReadAsync(ControlSession session, string schema, CancellationToken cancellationToken)
    {
        var indexes = await session.QueryAsync(Indexes, row => new LiveIndex
        {
            Name = row.GetString(0), QualifiedName = SqlQuote.Quoted(row.GetString(1)), Table = row.GetString(2), Definition = SqlQuote.Part(row.GetString(3)),
            IsValid = row.GetBoolean(4), IsReady = row.GetBoolean(5), IsPrimary = row.GetBoolean(6), IsUnique = row.GetBoolean(7), IsReplicaIdentity = row.GetBoolean(8),
            Constraint = row.IsDBNull(9) ? null : row.GetString(9), IsPartitioned = row.GetBoolean(10), Shape = row.GetString(11), Frame = row.GetString(12),
            KeyParts = row.IsDBNull(13) ? null : row.GetFieldValue<string[]>(13), Scans = row.GetInt64(14), Bytes = row.GetInt64(15), IsBeingBuilt = row.GetBoolean(16), ServesForeignKey = row.GetBoolean(17),
        }, cancellationToken, schema).ConfigureAwait(false);
        var keys = await session.QueryAsync(ForeignKeys, row => new UnindexedKey(row.GetString(0), row.GetString(1), row.GetFieldValue<string[]>(2)) { Partitions = row.IsDBNull(3) ? null : row.GetFieldValue<string[]>(3) }, cancellationToken, schema).ConfigureAwait(false);
        var reset = await session.QueryAsync(Reset, row => row.IsDBNull(0) ? (DateTimeOffset?)null : new DateTimeOffset(row.GetDateTime(0), TimeSpan.Zero), cancellationToken).ConfigureAwait(false);
        return new SchemaIndexes(schema, indexes, keys, await DeclaredIndexes.ReadAsync(session, schema, cancellationToken).ConfigureAwait(false), reset.FirstOrDefault());
    }
}

/// <summary>What a server has in a schema.</summary>
/// <param name="Schema">The schema.</param>
/// <param name="Live">Its indexes.</param>
/// <param name="UnindexedKeys">Foreign keys that no index serves.</param>
/// <param name="Declared">What the migrations that it has had declare.</param>
/// <param name="StatisticsReset">Since when scans are counted; null: since the server was made, or its statistics were lost in a crash.</param>
internal sealed record SchemaIndexes(string Schema, IReadOnlyList<LiveIndex> Live, IReadOnlyList<UnindexedKey> UnindexedKeys, IReadOnlyList<DeclaredIndex> Declared, DateTimeOffset? StatisticsReset);

/// <summary>A foreign key whose table must be read whole whenever a parent is deleted or changes its key.</summary>
internal sealed record UnindexedKey(string Constraint, string Table, IReadOnlyList<string> Columns)
{
    /// <summary>The partitions that hold its table's rows, where that is a partitioned one; null: it is a plain one.</summary>
    public IReadOnlyList<string>? Partitions { get; init; }

    /// <summary>What an index for it is called.</summary>
    public string IndexName => NameOf(Table, Columns);

    public static string NameOf(string table, IReadOnlyList<string> columns)
    {
        var name = $"{table}_{string.Join('_', columns)}";
        // PostgreSQL cuts names at 63 bytes; cut here, the end still says what it is.
        while (System.Text.Encoding.UTF8.GetByteCount(name) > 59) name = name[..^1];
        return $"{name}_idx";
    }
}
