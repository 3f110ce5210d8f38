namespace Holdfast.Operations.Schema.Sql;

/// <summary>Commands that change what all databases of a server share, or something outside of it.</summary>
internal static class ServerWide
{
    public const string RuleName = "server-wide";

    private static readonly string[] Objects = ["role", "group", "user", "tablespace", "database", "subscription", "system"];

    private static readonly string[] Functions =
    [
        "pg_create_physical_replication_slot", "pg_create_logical_replication_slot", "pg_copy_physical_replication_slot", "pg_copy_logical_replication_slot",
        "pg_drop_replication_slot", "pg_replication_slot_advance", "pg_logical_slot_get_changes", "pg_logical_slot_get_binary_changes", "pg_replication_origin_create", "pg_replication_origin_drop", "pg_replication_origin_advance",
        "pg_reload_conf", "pg_rotate_logfile", "pg_promote", "pg_switch_wal", "pg_terminate_backend", "pg_cancel_backend", "pg_file_write", "pg_file_unlink", "pg_file_rename", "lo_export",
        "dblink", "dblink_exec", "dblink_connect", "dblink_connect_u", "dblink_open", "dblink_send_query", "schedule", "schedule_in_database", "unschedule", "alter_job",
    ];

    public static bool IsCommand(SqlTokenList words, int start, int end)
    {
        var kind = start + 1;
        if (words.Is(start, "reassign", "owned") || words.Is(start, "drop", "owned")) return true;
        if (words.Is(start, "create") || words.Is(start, "alter") || words.Is(start, "drop"))
            return (words.IsOneOf(kind, Objects) && !words.Is(kind, "user", "mapping")) || (words.Is(start, "create") && words.Is(kind, "foreign", "table"));
        // Foreign tables lead to the same place from every database.
        if (words.Is(start, "import", "foreign")) return true;
        if (words.Is(start, "copy")) return Enumerable.Range(start, end - start).Any(i => words.Is(i, "program") || (words.Is(i, "to") && words.IsText(i + 1)));
        if (words.Is(start, "grant") || words.Is(start, "revoke"))
        {
            var on = TopLevel.IndexOf(words.Part(start, end), "on");
            return on < 0 || words.IsOneOf(start + on + 1, ["database", "tablespace", "parameter"]);
        }
        if (!words.Is(start, "comment") && !words.Is(start, "security")) return false;
        var place = TopLevel.IndexOf(words.Part(start, end), "on");
        return place > 0 && words.IsOneOf(start + place + 1, Objects);
    }

    public static bool IsCall(SqlTokenList words, int name) => Functions.Contains(words.Name(name)) && CalledFunctions.IsCall(words, name);
}
