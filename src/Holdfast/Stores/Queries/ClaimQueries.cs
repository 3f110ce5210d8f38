using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>
/// Claims: who works on a job until when, on the store's own clock. A claim's row stays when it is given back (with an end
/// that has passed and no token), so that a claimer whose snapshot is older than the report still collides with it.
/// </summary>
internal static class ClaimQueries
{
    // Not by the one outcome that decides: this way the many completed jobs are passed over in one join, and only what is
    // left is looked at one by one (measured over 20,000 completed jobs: 12 ms instead of 180).
    private const string NotCompleted = """
        j.content is not null and not exists (
          select 1 from {job_outcomes} z where z.tenant_id = j.tenant_id and z.job_id = j.id and z.outcome = 'completed')
        """;

    private const string Latest = "select x.{0} from {{job_outcomes}} x where x.tenant_id = j.tenant_id and x.job_id = j.id order by x.stamp desc limit 1";

    private static readonly string Standing = $$"""
        left join {job_outcomes} o on o.tenant_id = j.tenant_id and o.id = ({{Column("id")}})
        left join {job_claims} c on c.tenant_id = j.tenant_id and c.job_id = j.id
        """;

    private static readonly string Open = $$"""
        j.tenant_id = $1 and j.stamp >= $9 and {{NotCompleted}} and coalesce(o.outcome, 'replayed') <> 'dead'
        """;

    private const string Attempts = "case when coalesce(c.attempt, 0) > coalesce(o.attempt, 0) then c.attempt else coalesce(o.attempt, 0) end";

    private static readonly Dictionary<JobKind, Statement> Claims = Enum.GetValues<JobKind>().ToDictionary(kind => kind, Claim);

    private static readonly Dictionary<JobKind, Statement> LowestOpens = Enum.GetValues<JobKind>().ToDictionary(kind => kind, kind => new Statement($$"""
        select j.stamp from {{{Tables.Of(kind).Name}}} j
        where j.tenant_id = $1 and j.stamp >= $2 and {{NotCompleted}} and coalesce(({{Column("outcome")}}), 'replayed') <> 'dead'
        order by j.stamp limit 1
        """));

    private static readonly Statement Extend = new(
        "update {job_claims} set claimed_until = now() + $4 * interval '1 microsecond' where tenant_id = $1 and job_id = $2 and token = $3",
        "update job_claims set claimed_until = $5 + $4 where tenant_id = $1 and job_id = $2 and token = $3");

    // clock_timestamp(), after the outcome was committed: a claimer whose now() lies behind it took its snapshot behind it
    // too and sees the outcome; any other finds the claim still running. So nobody takes a job that was just reported.
    private static readonly Statement Release = new(
        "update {job_claims} set claimed_until = clock_timestamp(), token = '00000000-0000-0000-0000-000000000000' where tenant_id = $1 and job_id = $2 and token = $3",
        "update job_claims set claimed_until = $4, token = zeroblob(16) where tenant_id = $1 and job_id = $2 and token = $3");

    /// <summary>
    /// One statement: picks open jobs that nobody holds, oldest first, and takes them. A picked job that somebody else took
    /// meanwhile is answered without a claim. <paramref name="spread"/> picks at random among the oldest
    /// <paramref name="window"/>, so that many claimers do not run after the same one. Jobs below
    /// <paramref name="floor"/> are known to be closed.
    /// </summary>
    public static Task<List<T>> ClaimAsync<T>(
        IRowAccess store, string tenantId, JobKind kind, string worker, Guid token, TimeSpan limit, long window, long countMax, bool spread, Stamp floor, DateTimeOffset now, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.ExecuteAsync(Claims[kind], [tenantId, worker, token, Microseconds(limit), window, countMax, spread, now, floor], read, cancellationToken);

    /// <summary>The first job, at or above <paramref name="from"/>, that is neither completed nor dead; null when there is none.</summary>
    public static async Task<Stamp?> LowestOpenAsync(IRowAccess store, string tenantId, JobKind kind, Stamp from, CancellationToken cancellationToken) =>
        await store.QueryAsync(LowestOpens[kind], [tenantId, from], row => (Stamp?)row.Stamp(0), cancellationToken).FirstOrDefaultAsync(cancellationToken).ConfigureAwait(false);

    /// <summary>True when the claim was still this one and now ends later.</summary>
    public static async Task<bool> ExtendAsync(IRowAccess store, string tenantId, Guid jobId, Guid token, TimeSpan limit, DateTimeOffset now, CancellationToken cancellationToken) =>
        await store.ExecuteAsync(Extend, [tenantId, jobId, token, Microseconds(limit), now], cancellationToken).ConfigureAwait(false) == 1;

    /// <summary>Gives a claim back; only after the outcome is committed.</summary>
    public static async Task<bool> ReleaseAsync(IRowAccess store, string tenantId, Guid jobId, Guid token, DateTimeOffset now, CancellationToken cancellationToken) =>
        await store.ExecuteAsync(Release, [tenantId, jobId, token, now], cancellationToken).ConfigureAwait(false) == 1;

    private static Statement Claim(JobKind kind)
    {
        var table = $"{{{Tables.Of(kind).Name}}}";
        var columns = (string[])["stamp", "user_id", "session_id", "key", "occurred_at", "content", "metadata", "attempts_max"];
        return new Statement(
            $$"""
            with candidates as materialized (
              select j.id, j.stamp, {{Attempts}} + 1 as attempt from {{table}} j {{Standing}}
              where {{Open}} and (c.claimed_until is null or c.claimed_until <= now()) and coalesce(o.run_after, j.run_after, now()) <= now()
              order by j.stamp limit $5
            ), picked as materialized (
              select id, attempt from candidates order by case when $7 then random() else 0 end, stamp limit $6
            ), claimed as (
              insert into {job_claims} as c (tenant_id, job_id, job_kind, worker, token, claimed_until, attempt)
              select $1, id, '{{EnumText<JobKind>.Of(kind)}}', $2, $3, now() + $4 * interval '1 microsecond', attempt from picked order by id
              on conflict (tenant_id, job_id) do update set job_kind = excluded.job_kind, worker = excluded.worker, token = excluded.token, claimed_until = excluded.claimed_until,
                attempt = greatest(c.attempt + 1, excluded.attempt)
              where c.claimed_until <= now()
              returning c.job_id, c.attempt, c.token, c.claimed_until
            )
            select j.id, claimed.attempt, claimed.token, claimed.claimed_until, {{JobQueries.Forgiven}}, {{string.Join(", ", columns.Select(column => $"j.{column}"))}}
            from picked join {{table}} j on j.tenant_id = $1 and j.id = picked.id left join claimed on claimed.job_id = picked.id
            order by j.stamp
            """,
            // The local file has one writer at a time: what is picked is taken.
            $$"""
            insert into job_claims (tenant_id, job_id, job_kind, worker, token, claimed_until, attempt)
            select $1, j.id, '{{EnumText<JobKind>.Of(kind)}}', $2, $3, $8 + $4, {{Attempts}} + 1 from {{table}} j {{Standing}}
            where {{Open}} and coalesce(c.claimed_until, $8) <= $8 and coalesce(o.run_after, j.run_after, $8) <= $8
            order by j.stamp limit $6
            on conflict (tenant_id, job_id) do update set job_kind = excluded.job_kind, worker = excluded.worker, token = excluded.token, claimed_until = excluded.claimed_until,
              attempt = excluded.attempt
            returning job_id, attempt, token, claimed_until, (select {{JobQueries.Forgiven}} from {{table}} j where j.tenant_id = $1 and j.id = job_id),
              {{string.Join(", ", columns.Select(column => $"(select j.{column} from {table} j where j.tenant_id = $1 and j.id = job_id)"))}}
            """);
    }

    private static string Column(string name) => string.Format(System.Globalization.CultureInfo.InvariantCulture, Latest, name);

    private static long Microseconds(TimeSpan limit) => limit.Ticks / TimeSpan.TicksPerMicrosecond;
}
