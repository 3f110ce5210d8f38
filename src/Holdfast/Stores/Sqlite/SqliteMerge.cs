using System.Collections.Frozen;
using Holdfast.Rows;
using Microsoft.Data.Sqlite;

namespace Holdfast.Stores.Sqlite;

/// <summary>
/// Merges one row at a time inside the caller's transaction: the local file has one writer, so the rule can be read off the
/// code instead of a statement. Belongs to one connection and keeps its statements prepared.
/// </summary>
internal sealed class SqliteMerge(SqliteConnection connection, MergeRules rules) : IDisposable
{
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);
    private static readonly FrozenDictionary<Table, TableSql> Sql = Tables.Appends.ToFrozenDictionary(table => table, table => new TableSql(table));
    private static readonly FrozenDictionary<Table, string> Projections = Tables.Registers.ToFrozenDictionary(table => table, Projection);
    private static readonly string[] Sweeps = [.. Tables.Erasable.SelectMany(SweepsOf)];

    public SqliteTransaction? Transaction { get; set; }

    public MergeResult Merge(Row row)
    {
        var result = MergeAppend(row);
        // Also when it was there: content may have come past it.
        if (row.Table == Tables.Erasures && Sweep(row) > 0) Execute(ErasurePurge.Mark, row.TenantId, row.Id);
        // Whether it was new or not: the register may stand behind it after a restore.
        if (row.Table == Tables.Revisions) Project(row);
        return result;
    }

    private MergeResult MergeAppend(Row row)
    {
        var covered = IsCovered(row);
        if (covered && !rules.CoveredRowIsStoredEmpty) return new(MergeOutcome.AlreadyStored, Erased: true);
        if (covered) row = row.Emptied();
        var sql = Sql[row.Table];
        if (Insert(sql, row) == 1) return new(MergeOutcome.Inserted, covered);
        if (!rules.FirstStampWins) return new(MergeOutcome.AlreadyStored, covered);

        var stored = Read(sql, row);
        var same = stored.SameContent(row);
        if (row.Stamp < stored.Stamp) Replace(sql, row);
        if (!same && row.Stamp != stored.Stamp && (row.Stamp < stored.Stamp || rules.ArrivingLoserIsKept))
            MergeAppend(LostRow.Of(row.Stamp < stored.Stamp ? stored : row, rules));
        return new(same || row.Stamp == stored.Stamp ? MergeOutcome.AlreadyStored : MergeOutcome.KeyConflict, covered);
    }

    private bool IsCovered(Row row) => row.Table != Tables.Erasures && Scalar(
        "select exists (select 1 from erasures where tenant_id = $1 and through >= $2 and (user_id = $3 or session_id = $4))",
        row.TenantId, row.Stamp, row.UserId, row.SessionId) == 1;

    private int Insert(TableSql sql, Row row) => Prepared(sql.Insert, Values(row)).ExecuteNonQuery();

    private void Replace(TableSql sql, Row row)
    {
        if (rules.ReplacedRowMovesInFeed)
        {
            // The feed counter is the primary key: only a new insert takes a new place.
            Prepared(sql.Delete, [row.TenantId, row.Id]).ExecuteNonQuery();
            Insert(sql, row);
        }
        else
        {
            Prepared(sql.Update, Values(row)).ExecuteNonQuery();
        }
    }

    private Row Read(TableSql sql, Row row)
    {
        using var data = Prepared(sql.Select, [row.TenantId, row.Id]).ExecuteReader();
        data.Read();
        return RowColumns.Row(row.Table, new SqliteReader(data));
    }

    private void Project(Row row) => Prepared(Projections[Tables.Get(row.Text("target_table")!)], [row.TenantId, row.Id]).ExecuteNonQuery();

    private int Sweep(Row erasure) => Sweeps.Sum(sweep =>
        Prepared(sweep, [erasure.TenantId, erasure["through"], sweep.Contains("user_id = $3", StringComparison.Ordinal) ? erasure.UserId : erasure.SessionId]).ExecuteNonQuery());

    /// <summary>Runs a statement of the local file's own bookkeeping within the transaction.</summary>
    public int Execute(string sql, params object?[] values) => Prepared(sql, values).ExecuteNonQuery();

    /// <summary>Reads within the transaction.</summary>
    public List<T> Query<T>(string sql, object?[] values, Func<StoreReader, T> read)
    {
        using var data = Prepared(sql, values).ExecuteReader();
        var reader = new SqliteReader(data);
        var rows = new List<T>();
        while (data.Read()) rows.Add(read(reader));
        return rows;
    }

    public long Scalar(string sql, params object?[] values) => (long)Prepared(sql, values).ExecuteScalar()!;

    private SqliteCommand Prepared(string sql, object?[] values)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            command = connection.CreateCommand();
            command.CommandText = sql;
            for (var i = 0; i < values.Length; i++) command.Parameters.Add(new SqliteParameter { ParameterName = $"${i + 1}" });
            _prepared.Add(sql, command);
        }
        command.Transaction = Transaction;
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = SqliteTypes.Wire(values[i]);
        return command;
    }

    private static object?[] Values(Row row) =>
        [row.TenantId, row.Id, row.Stamp, row.UserId, row.SessionId, row.Key, row.OccurredAt, .. row.Values];

    public void Dispose()
    {
        foreach (var command in _prepared.Values) command.Dispose();
    }

    public static string Projection(Table register) => $"""
        insert into {register.Name} ({string.Join(", ", register.Columns.Select(column => column.Name))})
        select tenant_id, target_key, stamp, user_id, session_id, occurred_at, content{string.Concat(register.Own.Select(column => $", json_extract(content, '$.{column.Name}')"))}
        from revisions where tenant_id = $1 and id = $2
        on conflict (tenant_id, key) do update set {string.Join(", ", register.Columns.Where(column => column.Name is not ("tenant_id" or "key")).Select(column => $"{column.Name} = excluded.{column.Name}"))}
        where excluded.stamp > {register.Name}.stamp
        """;

    // One statement per scope: each uses its own index.
    private static IEnumerable<string> SweepsOf(Table table)
    {
        var erasable = table.Columns.Where(column => column.Erasable && column.Name != "loser").Select(column => column.Name).ToList();
        var update = $"update {table.Name} set {string.Join(", ", erasable.Select(name => $"{name} = null"))} where tenant_id = $1 and stamp <= $2";
        var full = string.Join(" or ", erasable.Select(name => $"{name} is not null"));
        return [$"{update} and user_id = $3 and ({full})", $"{update} and session_id = $3 and ({full})"];
    }

    private sealed class TableSql(Table table)
    {
        private readonly string[] _columns = [.. RowColumns.Read(table)];

        public string Insert => field ??=
            $"insert into {table.Name} ({string.Join(", ", _columns)}) values ({string.Join(", ", _columns.Select((_, i) => $"${i + 1}"))}) on conflict (tenant_id, id) do nothing";

        public string Update => field ??=
            $"update {table.Name} set {string.Join(", ", _columns.Select((column, i) => $"{column} = ${i + 1}"))} where tenant_id = $1 and id = $2";

        public string Select => field ??= $"select {string.Join(", ", _columns)} from {table.Name} where tenant_id = $1 and id = $2";

        public string Delete => field ??= $"delete from {table.Name} where tenant_id = $1 and id = $2";
    }
}
