using System.Collections.Frozen;

namespace Holdfast.Rows;

/// <summary>
/// The one catalogue of all tables: columns, checks, merge rule and keys. The stores' generic statements come from it, and a
/// test replays the migrations on both engines and asserts that the result is this catalogue.
/// </summary>
/// <remarks>
/// The order of declaration is the order in which a batch writes: erasures first, so that what they cover arrives empty.
/// Merged tables have no unique constraint but the primary key and no foreign keys: a row may arrive before its parent.
/// </remarks>
internal static class Tables
{
    /// <summary>Who is to be forgotten (<c>user_id</c> or <c>session_id</c>), and through which stamp.</summary>
    public static readonly Table Erasures = Table.Append("erasures", Column.Uuid("through", required: true));

    /// <summary>Rows that lost against another row of the same key, with the loser's stamp, user and session.</summary>
    public static readonly Table Conflicts = Table.Append("conflicts",
        Column.Text("target_table", required: true), Column.Uuid("target_id", required: true), Column.Json("content"));

    /// <summary>Every value that a register ever had, each naming the revision that it was made from.</summary>
    public static readonly Table Revisions = Table.Append("revisions",
        Column.Text("target_table", required: true), Column.Text("target_key", required: true), Column.Uuid("base"), Column.Json("content"));

    /// <summary>Messages and typed records of sessions.</summary>
    public static readonly Table SessionMemories = Table.Append("session_memories",
        Column.OneOf<MemoryType>("memory_type"), Column.Personal("author"), Column.Json("content"), Column.Json("metadata"));

    public static readonly Table AgentMessages = Table.Append("agent_messages",
        Column.OneOf<AgentMessageType>("message_type"), Column.Text("from_agent", required: true), Column.Text("to_agent", required: true),
        Column.Json("content"), Column.Json("metadata"));

    /// <summary>Who has read what: a mark per message and reader, keyed by both.</summary>
    public static readonly Table ReadMarks = Table.Append("read_marks",
        Column.Uuid("message_id", required: true), Column.Text("reader", required: true));

    public static readonly Table ResearchStaging = Queue("research_staging");
    public static readonly Table VideoScripts = Queue("video_scripts");
    public static readonly Table UploadJobs = Queue("upload_jobs");

    /// <summary>What became of the attempts at a job, keyed by job and attempt.</summary>
    public static readonly Table JobOutcomes = Table.Append("job_outcomes",
        Column.OneOf<JobKind>("job_kind"), Column.Uuid("job_id", required: true), Column.OneOf<JobOutcome>("outcome"),
        Column.Integer("attempt", required: true), Column.Timestamp("run_after"), Column.Json("content"));

    public static readonly Table Commands = Table.Append("commands",
        Column.Text("language"), Column.Json("content"), Column.Json("metadata"));

    public static readonly Table LlmAnswers = Table.Append("llm_answers",
        Column.Uuid("command_id"), Column.Text("model_name"), Column.Json("content"), Column.Json("metadata"));

    public static readonly Table Screenshots = Table.Append("screenshots",
        Column.Personal("file_path"), Column.Personal("file_url"), Column.Json("metadata"));

    public static readonly Table PerformanceMetrics = Table.Append("performance_metrics",
        Column.Text("metric_type", required: true), Column.Json("content"));

    public static readonly Table TokenUsage = Table.Append("token_usage",
        Column.Text("source", required: true), Column.Text("model_name"), Column.Integer("input_tokens", required: true),
        Column.Integer("output_tokens", required: true), Column.Integer("cached_input_tokens"), Column.Integer("reasoning_tokens"), Column.Json("metadata"));

    public static readonly Table SubscriptionEvents = Table.Append("subscription_events",
        Column.Text("event_type", required: true), Column.Json("content"));

    public static readonly Table QuotaUsage = Table.Append("quota_usage",
        Column.Text("period_type", required: true), Column.Timestamp("period_start", required: true), Column.Integer("request_count", required: true));

    public static readonly Table Payments = Table.Append("payments",
        Column.Integer("amount", required: true), Column.Text("currency", required: true), Column.Text("status", required: true), Column.Json("content"));

    /// <summary>Changes of route: from where to where, why, and how long detection and switch took.</summary>
    public static readonly Table FailoverEvents = Table.Append("failover_events",
        Column.Text("from_provider"), Column.Text("to_provider"), Column.Text("cause", required: true),
        Column.Integer("detection_ms"), Column.Integer("switch_ms"), Column.Json("content"));

    public static readonly Table Sessions = Table.Register("sessions", Column.Text("title"));
    public static readonly Table KnowledgeAtoms = Table.Register("knowledge_atoms",
        Column.OneOf<AtomType>("atom_type", required: false), Column.Text("title"), Column.Text("manufacturer"), Column.OneOf<Difficulty>("difficulty", required: false));
    public static readonly Table Settings = Table.Register("settings", Column.Text("category"), Column.Text("name"));
    public static readonly Table Users = Table.Register("users");
    public static readonly Table UserFacts = Table.Register("user_facts", Column.Text("subject"));
    public static readonly Table Subscriptions = Table.Register("subscriptions", Column.Text("status"));

    /// <summary>Whether something is alive or deleted, apart from its content: an edit cannot raise the dead.</summary>
    public static readonly Table Lives = Table.Register("lives",
        Column.Text("target_table"), Column.Text("target_key"), Column.Text("target_session"), Column.OneOf<LifeState>("state", required: false));

    /// <summary>Who works on a job until when: on this store's clock, never relayed.</summary>
    public static readonly Table JobClaims = Table.Local("job_claims", ["tenant_id", "job_id"],
        Column.Text("tenant_id", required: true), Column.Uuid("job_id", required: true), Column.OneOf<JobKind>("job_kind"),
        Column.Text("worker", required: true), Column.Uuid("token", required: true), Column.Timestamp("claimed_until", required: true),
        Column.Integer("attempt", required: true));

    /// <summary>Erasures that must be swept again once every transaction older than them has ended.</summary>
    public static readonly Table ErasureSweeps = Table.Local("erasure_sweeps", ["tenant_id", "erasure_id"],
        Column.Text("tenant_id", required: true), Column.Uuid("erasure_id", required: true), new Column("horizon", ColumnType.Position, Required: true));

    public static readonly Table RelayCursors = Table.Local("relay_cursors", ["source", "table_name"],
        Column.Text("source", required: true), Column.Text("table_name", required: true), Column.Text("system_identifier", required: true),
        Column.Text("anchor_tenant_id"), Column.Uuid("anchor_id"), new Column("anchor_feed", ColumnType.Position), Column.Integer("anchor_nonce"),
        new Column("repair_pending", ColumnType.Boolean, Required: true));

    /// <summary>Who pulls from which provider until when, what came, and what is wrong with it; on the receiver.</summary>
    public static readonly Table RelaySources = Table.Local("relay_sources", ["source"],
        Column.Text("source", required: true), Column.Uuid("holder", required: true), Column.Timestamp("held_until", required: true),
        Column.Timestamp("pulled_at"), Column.Integer("pulled_rows", required: true), Column.Text("held_back_by"), Column.Text("error")).MadeBy(3);

    public static readonly Table RelayRejects = Table.Local("relay_rejects", ["tenant_id", "table_name", "id"],
        Column.Text("tenant_id", required: true), Column.Text("table_name", required: true), Column.Uuid("id", required: true),
        Column.Text("source", required: true), Column.Text("error", required: true), Column.Timestamp("rejected_at", required: true), new Column("content", ColumnType.Json));

    public static readonly Table SchemaVersions = Table.Local("schema_versions", ["installed_rank"],
        Column.Integer("installed_rank", required: true), Column.Text("version"), Column.Text("description", required: true), Column.Text("kind", required: true),
        Column.Text("script", required: true), Column.Text("checksum", required: true), Column.Text("chain_hash", required: true), Column.Text("state", required: true),
        Column.Integer("statements", required: true), Column.Integer("last_statement", required: true), Column.Text("error"),
        Column.Text("applied_by", required: true), Column.Text("tool_version", required: true), Column.Text("host", required: true),
        Column.Timestamp("started_at", required: true), Column.Timestamp("finished_at"), Column.Integer("lock_wait_ms"), Column.Integer("duration_ms"));

    public static readonly Table Canary = Table.Local("canary", ["id"],
        Column.Text("id", required: true), Column.Uuid("token", required: true), Column.Timestamp("written_at", required: true));

    /// <summary>
    /// Rows that too few providers hold yet: only in the local file. <c>holders</c> names the providers that have confirmed, each
    /// between commas; <c>released_at</c> is set once enough have.
    /// </summary>
    public static readonly Table SpoolEntries = Table.Local("spool", ["tenant_id", "table_name", "id"],
        Column.Text("tenant_id", required: true), Column.Text("table_name", required: true), Column.Uuid("id", required: true),
        Column.Uuid("stamp", required: true), Column.Text("holders", required: true), Column.Timestamp("spooled_at", required: true), Column.Timestamp("released_at"));

    /// <summary>
    /// The oldest migration that a server may be at and still take every row whole: what later ones make is not needed for a
    /// write. Raised only by the release after the one that brought a migration, so that a server one version behind keeps working.
    /// </summary>
    public const int OldestVersion = 2;

    /// <summary>All tables of every store, in the order in which a batch writes them.</summary>
    public static IReadOnlyList<Table> All { get; } = Ordered(
        Erasures, Conflicts, Revisions, SessionMemories, AgentMessages, ReadMarks, ResearchStaging, VideoScripts, UploadJobs, JobOutcomes,
        Commands, LlmAnswers, Screenshots, PerformanceMetrics, TokenUsage, SubscriptionEvents, QuotaUsage, Payments, FailoverEvents,
        Sessions, KnowledgeAtoms, Settings, Users, UserFacts, Subscriptions, Lives,
        JobClaims, ErasureSweeps, RelayCursors, RelaySources, RelayRejects, SchemaVersions, Canary);

    /// <summary>All tables of the local file.</summary>
    public static IEnumerable<Table> OfLocalFile => All.Append(SpoolEntries);

    public static IEnumerable<Table> Appends => All.Where(table => table.Kind == TableKind.Append);

    public static IEnumerable<Table> Registers => All.Where(table => table.Kind == TableKind.Register);

    /// <summary>Merged tables with content that an erase empties. Erasures and lives say nothing but that something was erased or deleted.</summary>
    public static IEnumerable<Table> Erasable => All.Where(table => table.IsMerged && table != Erasures && table != Lives);

    private static readonly FrozenDictionary<string, Table> ByName = OfLocalFile.ToFrozenDictionary(table => table.Name, StringComparer.Ordinal);

    public static bool TryGet(string name, out Table table) => ByName.TryGetValue(name, out table!);

    public static Table Get(string name) => TryGet(name, out var table)
        ? table
        : throw new InvalidInputException("table", $"'{name}' is not a table of Holdfast.");

    public static Table Of(JobKind kind) => Get(EnumText<JobKind>.Of(kind));

    private static Table Queue(string name) => Table.Append(name,
        Column.Integer("attempts_max", required: true), Column.Timestamp("run_after"), Column.Json("content"), Column.Json("metadata"));

    private static Table[] Ordered(params Table[] tables)
    {
        for (var i = 0; i < tables.Length; i++) tables[i].Order = i;
        return tables;
    }
}
