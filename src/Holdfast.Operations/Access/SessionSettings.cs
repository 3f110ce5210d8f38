using System.Collections.Frozen;

namespace Holdfast.Operations.Access;

/// <summary>Compares what sessions start with with the declaration. What only makes them faster or slower, or changes logs and the form of texts, is anybody's to choose.</summary>
internal static class SessionSettings
{
    private static readonly FrozenSet<string> Harmless = FrozenSet.ToFrozenSet(
    [
        "application_name", "bytea_output", "client_encoding", "client_min_messages", "commit_delay", "commit_siblings", "compute_query_id", "constraint_exclusion", "cpu_index_tuple_cost", "cpu_operator_cost",
        "cpu_tuple_cost", "cursor_tuple_fraction", "datestyle", "deadlock_timeout", "default_statistics_target", "default_text_search_config", "default_toast_compression", "effective_cache_size",
        "effective_io_concurrency", "extra_float_digits", "from_collapse_limit", "gin_pending_list_limit", "hash_mem_multiplier", "intervalstyle", "join_collapse_limit", "lc_messages", "lc_monetary", "lc_numeric",
        "lc_time", "logical_decoding_work_mem", "maintenance_io_concurrency", "maintenance_work_mem", "max_parallel_maintenance_workers", "max_parallel_workers", "max_parallel_workers_per_gather",
        "min_parallel_index_scan_size", "min_parallel_table_scan_size", "parallel_leader_participation", "parallel_setup_cost", "parallel_tuple_cost", "plan_cache_mode", "random_page_cost", "recursive_worktable_factor",
        "seq_page_cost", "session_preload_libraries", "stats_fetch_consistency", "synchronous_commit", "tcp_keepalives_count", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_user_timeout", "temp_buffers",
        "timezone", "update_process_title", "wal_compression", "work_mem",
    ], StringComparer.OrdinalIgnoreCase);

    private static readonly string[] HarmlessBeginnings = ["debug_", "enable_", "geqo", "jit", "log_", "track_", "vacuum_"];

    // What changes what a session may do or see, or whether it can write, at the database's side: all else there is its administrator's.
    private static readonly FrozenSet<string> OfDatabase = FrozenSet.ToFrozenSet(
        ["default_transaction_read_only", "gin_fuzzy_search_limit", "role", "row_security", "session_replication_role", "standard_conforming_strings", "transform_null_equals"], StringComparer.OrdinalIgnoreCase);

    // As the server has them anyway.
    private static readonly FrozenSet<string> Defaults = FrozenSet.ToFrozenSet(
        ["default_transaction_read_only=off", "row_security=on", "session_replication_role=origin", "standard_conforming_strings=on", "transform_null_equals=off", "gin_fuzzy_search_limit=0", "role=none"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether a setting may be left to whoever chose it.</summary>
    public static bool IsHarmless(string name, string value = "") => name.Contains('.', StringComparison.Ordinal)
        // Libraries' own; how plpgsql reads a function is not one of them.
        ? !name.StartsWith("holdfast.", StringComparison.OrdinalIgnoreCase) && !name.StartsWith("plpgsql.", StringComparison.OrdinalIgnoreCase)
        : (Harmless.Contains(name) || HarmlessBeginnings.Any(beginning => name.StartsWith(beginning, StringComparison.OrdinalIgnoreCase)) || Defaults.Contains($"{name}={value}"))
            // A write that was acknowledged would be lost with the server.
            && !(name.Equals("synchronous_commit", StringComparison.OrdinalIgnoreCase) && value.ToLowerInvariant() is "off" or "false" or "no" or "0");

    /// <summary>Declared settings that the role does not have.</summary>
    public static IReadOnlyList<(string Name, string Value)> Missing(RoleSpec role, AccessState state) =>
        [.. role.Settings.Where(declared => !Of(role, state).Any(live => !live.IsHere && live.Name == declared.Name && live.Value == declared.Value))];

    /// <summary>What it has beside them, or in this database instead of them.</summary>
    public static IReadOnlyList<LiveSetting> Beyond(RoleSpec role, AccessState state) =>
        [.. Of(role, state).Where(live => role.Settings.Any(declared => declared.Name == live.Name) ? live.IsHere && !role.Settings.Contains((live.Name, live.Value)) : !IsHarmless(live.Name, live.Value))];

    /// <summary>What everybody's sessions start with and Holdfast's must not.</summary>
    public static IReadOnlyList<LiveSetting> OfEverybody(AccessState state) =>
        [.. state.Settings.Where(live => live.Role is null && !Defaults.Contains(live.ToString()) && (OfDatabase.Contains(live.Name) || live.Name.StartsWith("holdfast.", StringComparison.OrdinalIgnoreCase)))];

    /// <summary>Where a setting that is everybody's was made.</summary>
    public static string Subject(LiveSetting setting) => setting.IsHere ? "database" : "all roles";

    private static IEnumerable<LiveSetting> Of(RoleSpec role, AccessState state) => state.Settings.Where(live => live.Role == role.Name);
}
