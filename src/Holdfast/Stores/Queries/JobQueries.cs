using Holdfast.Rows;

namespace Holdfast.Stores.Queries;

/// <summary>What is read of the queues: jobs with their state, and what a report has to know before it is written.</summary>
internal static class JobQueries
{
    /// <summary>
    /// The outcome that decides a job's state: a completion, where there is one (it is final, whatever arrives later), else
    /// the latest by stamp.
    /// </summary>
    public const string Deciding = """
        left join {job_outcomes} o on o.tenant_id = j.tenant_id and o.id = (
            select x.id from {job_outcomes} x where x.tenant_id = j.tenant_id and x.job_id = j.id
            order by case when x.outcome = 'completed' then 0 else 1 end, x.stamp desc limit 1)
        left join {job_claims} c on c.tenant_id = j.tenant_id and c.job_id = j.id
        """;

    /// <summary>Attempts made before the last replay: they no longer count.</summary>
    public const string Forgiven =
        "coalesce((select max(p.attempt) from {job_outcomes} p where p.tenant_id = j.tenant_id and p.job_id = j.id and p.outcome = 'replayed'), 0)";

    private static readonly Dictionary<JobKind, Statement> Lists = Enum.GetValues<JobKind>().ToDictionary(kind => kind, kind => Select(kind,
        "j.stamp > $2 and ($3 {text} is null or s.state = $3) order by j.stamp limit $4", now: "$5"));

    private static readonly Dictionary<JobKind, Statement> Ones = Enum.GetValues<JobKind>().ToDictionary(kind => kind, kind => Select(kind,
        "j.id = $2", now: "$3"));

    // Erased jobs too: who holds one must be able to report.
    private static readonly Dictionary<JobKind, Statement> Standings = Enum.GetValues<JobKind>().ToDictionary(kind => kind, kind => new Statement($$"""
        select j.stamp, o.stamp, o.outcome, o.attempt, c.token, {{Forgiven}}, j.content is null
        from {{{Tables.Of(kind).Name}}} j {{Deciding}} where j.tenant_id = $1 and j.id = $2
        """));

    public static IAsyncEnumerable<T> ListAsync<T>(IRowAccess store, string tenantId, JobKind kind, string? state, Stamp after, long countMax, DateTimeOffset now, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Lists[kind], [tenantId, after, state, countMax, now], read, cancellationToken);

    public static ValueTask<T?> FindAsync<T>(IRowAccess store, string tenantId, JobKind kind, Guid id, DateTimeOffset now, Func<StoreReader, T> read, CancellationToken cancellationToken) =>
        store.QueryAsync(Ones[kind], [tenantId, id, now], read, cancellationToken).FirstOrDefaultAsync(cancellationToken);

    /// <summary>Where a job stands; null when this store does not have it.</summary>
    public static ValueTask<JobStanding?> StandingAsync(IRowAccess store, string tenantId, JobKind kind, Guid id, CancellationToken cancellationToken) =>
        store.QueryAsync(Standings[kind], [tenantId, id], row => (JobStanding?)new JobStanding(
            Stamp.Max(row.Stamp(0), row.IsNull(1) ? Stamp.None : row.Stamp(1)),
            row.IsNull(2) ? null : Outcome(row.Text(2)), row.IsNull(3) ? 0 : row.Integer(3), row.UuidOrNull(4), row.Integer(5), row.Boolean(6)), cancellationToken)
            .FirstOrDefaultAsync(cancellationToken);

    private static Statement Select(JobKind kind, string where, string now)
    {
        string Sql(string clock, string text) => $$"""
            select s.id, s.stamp, s.user_id, s.session_id, s.key, s.occurred_at, s.content, s.metadata, s.attempts_max,
              s.state, s.due, s.attempt, s.outcome_content, s.outcome_at, s.worker, s.claimed_until
            from (
              select j.tenant_id, j.id, j.stamp, j.user_id, j.session_id, j.key, j.occurred_at, j.content, j.metadata, j.attempts_max,
                case when o.outcome in ('completed', 'dead') then o.outcome when c.claimed_until > {{clock}} then 'claimed'
                  when coalesce(o.run_after, j.run_after) > {{clock}} then 'delayed' else 'waiting' end as state,
                coalesce(o.run_after, j.run_after) as due, o.content as outcome_content, o.occurred_at as outcome_at,
                case when coalesce(c.attempt, 0) > coalesce(o.attempt, 0) then c.attempt else coalesce(o.attempt, 0) end as attempt,
                case when c.claimed_until > {{clock}} then c.worker end as worker, case when c.claimed_until > {{clock}} then c.claimed_until end as claimed_until
              from {{{Tables.Of(kind).Name}}} j {{Deciding}}
              where j.tenant_id = $1 and j.content is not null
            ) s
            where {{where.Replace("j.", "s.", StringComparison.Ordinal).Replace(" {text}", text, StringComparison.Ordinal)}}
            """;
        return new Statement(Sql("now()", "::text"), Sql(now, ""));
    }

    private static JobOutcome Outcome(string text) => EnumText<JobOutcome>.TryParse(text, out var outcome)
        ? outcome
        : throw new SchemaException($"'{text}' is a job outcome that this program does not know. Update it.");
}

/// <summary>Where a job stands on this store.</summary>
/// <param name="Last">The stamp that whatever comes next must stand above.</param>
/// <param name="Outcome">The outcome that decides, if there is any.</param>
/// <param name="Attempt">The attempt that it belongs to.</param>
/// <param name="Token">Of the claim that was made last; empty when it was given back.</param>
/// <param name="Forgiven">Attempts made before the last replay.</param>
/// <param name="Erased">True when the job was forgotten: what comes of it is recorded without content.</param>
internal sealed record JobStanding(Stamp Last, JobOutcome? Outcome, long Attempt, Guid? Token, long Forgiven, bool Erased);
