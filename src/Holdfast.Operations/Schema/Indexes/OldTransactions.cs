using Holdfast.Operations.Schema.Sessions;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>Transactions that a concurrent build or drop will wait for, however long they take.</summary>
internal static class OldTransactions
{
    private const string Older = """
        select 'process ' || pid || coalesce(' of ' || nullif(application_name, ''), '') || ' (' || coalesce(state, 'unknown') || ') since ' || extract(epoch from clock_timestamp() - xact_start)::int || ' s'
        from pg_stat_activity where xact_start < clock_timestamp() - interval '5 s' and pid <> pg_backend_pid() and backend_type <> 'autovacuum worker'
          and datid = (select oid from pg_database where datname = current_database())
        union all
        select 'prepared transaction ' || gid || ' since ' || extract(epoch from clock_timestamp() - prepared)::int || ' s'
        from pg_prepared_xacts where database = current_database() and prepared < clock_timestamp() - interval '5 s'
        """;

    public static Task<List<string>> ReadAsync(ControlSession session, CancellationToken cancellationToken) =>
        session.QueryAsync(Older, row => row.GetString(0), cancellationToken);
}
