namespace Holdfast.Operations.Schema.Drift;

/// <summary>The 36 classes of drift that count, one for the things that have none of their own, and two that only inform.</summary>
internal static class DriftClasses
{
    private const string Integrity = "INTEGRITY", Availability = "AVAILABILITY", Performance = "PERFORMANCE", Security = "SECURITY", Maintenance = "MAINTENANCE";

    public static readonly DriftClass TableMissing = new("table_missing", "Table missing", DriftLevel.Error, Availability,
        "Every read and write of it fails there.", "Made again, empty; the relay brings its rows from the other providers.");
    public static readonly DriftClass TableExtra = new("table_extra", "Table that no migration makes", DriftLevel.Warn, Maintenance,
        "Its rows are not relayed and no backup check knows it.", "Nothing is dropped: write a migration for it, or drop it yourself once you know whose it is.");
    public static readonly DriftClass ColumnMissing = new("column_missing", "Column missing", DriftLevel.Error, Availability,
        "Every statement that names it fails there.", "Added; NOT NULL without a default is proved by a CHECK first.");
    public static readonly DriftClass ColumnExtra = new("column_extra", "Column that no migration makes", DriftLevel.Warn, Maintenance,
        "Filled on one provider only; a NOT NULL one refuses every insert.", "Nothing is dropped: write a migration for it, or drop it yourself.");
    public static readonly DriftClass ColumnType = new("column_type", "Column type", DriftLevel.Error, Integrity,
        "Values are cut, rounded or refused on one provider only.", "By hand: expand, backfill, contract. A type change in place rewrites the table under an exclusive lock.");
    public static readonly DriftClass ColumnNullability = new("column_nullability", "NOT NULL missing or too much", DriftLevel.Error, Integrity,
        "Rows that other providers take are refused there, or nulls come in.", "Set by way of a validated CHECK, or taken off.");
    public static readonly DriftClass ColumnDefault = new("column_default", "Column default", DriftLevel.Error, Integrity,
        "New rows get other values there.", "Set as the migrations say.");
    public static readonly DriftClass ColumnIdentity = new("column_identity", "Identity or generated column", DriftLevel.Error, Integrity,
        "Values that the server should make are missing or made another way.", "Identity is added or set; a generated expression is changed by hand (the column is made again).");
    public static readonly DriftClass Key = new("key_missing", "PRIMARY KEY, UNIQUE or EXCLUDE", DriftLevel.Error, Integrity,
        "Duplicates come in and ON CONFLICT fails; one too many refuses rows.", "Unique index built concurrently and made the key, or one that is there taken for it; one too many is taken off by hand.");
    public static readonly DriftClass Check = new("check_definition", "CHECK constraint", DriftLevel.Error, Integrity,
        "A tightened one refuses rows that every other provider takes; a loosened one lets wrong values in.", "Added NOT VALID, validated, swapped.");
    public static readonly DriftClass ForeignKey = new("foreign_key_definition", "Foreign key, its action, or its triggers disabled", DriftLevel.Error, Integrity,
        "Orphans come in, or a delete takes other rows with it.", "Added NOT VALID, validated, swapped; one too many is taken off by hand.");
    public static readonly DriftClass NotValid = new("constraint_not_valid", "Constraint or NOT NULL NOT VALID", DriftLevel.Warn, Integrity,
        "Old rows may violate it.", "Validated, which lets writes go on.");
    public static readonly DriftClass IndexMissing = new("index_missing", "Index missing", DriftLevel.Warn, Performance,
        "Queries scan the whole table; a missing unique one lets duplicates in.", "Built concurrently.");
    public static readonly DriftClass IndexExtra = new("index_extra", "Index that no migration makes", DriftLevel.Info, Performance,
        "Costs every write; a unique one refuses rows.", "Nothing is dropped: see 'holdfast schema index check'.");
    public static readonly DriftClass IndexDefinition = new("index_definition", "Index definition", DriftLevel.Warn, Performance,
        "Another plan than on the other providers.", "Built concurrently under another name, swapped.");
    public static readonly DriftClass IndexInvalid = new("index_invalid", "Index invalid", DriftLevel.Error, Performance,
        "No query uses it and every write pays for it.", "Built again under another name, swapped; all concurrently.");
    public static readonly DriftClass ViewDefinition = new("view_definition", "View", DriftLevel.Error, Integrity,
        "Readers get other rows there.", "Replaced; a materialized one by hand.");
    public static readonly DriftClass ViewOptions = new("view_options", "View options (security_invoker, security_barrier)", DriftLevel.Error, Security,
        "Without security_invoker a view reads past row-level security.", "Set as the migrations say.");
    public static readonly DriftClass FunctionBody = new("function_body", "Function", DriftLevel.Error, Integrity,
        "The same call gives another result there.", "Replaced; one that no migration makes stays.");
    public static readonly DriftClass FunctionAttributes = new("function_attributes", "Function security, volatility or search_path", DriftLevel.Error, Security,
        "A SECURITY DEFINER function without a fixed search_path lets callers act as its owner.", "Replaced.");
    public static readonly DriftClass Trigger = new("trigger_missing", "Trigger or rule missing, other or disabled", DriftLevel.Error, Integrity,
        "What it guards or fills in is not, on that provider only.", "Made, replaced or enabled; one that no migration makes stays.");
    public static readonly DriftClass RowSecurity = new("rls_disabled", "Row-level security off or not forced", DriftLevel.Error, Security,
        "Every tenant's rows are open to every reader.", "Enabled and forced. Where it is on and should not be: by hand.");
    public static readonly DriftClass Policy = new("policy", "Policy", DriftLevel.Error, Security,
        "Rows of other tenants can be read, or one's own cannot.", "Made again as the migrations say, in one transaction; one too many that opens rows is dropped, one that hides them stays.");
    public static readonly DriftClass Grants = new("grants", "Privileges", DriftLevel.Error, Security,
        "A missing one stops the application after the next failover; one too many opens data.", "GRANT and REVOKE of the difference.");
    public static readonly DriftClass DefaultPrivileges = new("default_privileges", "Default privileges", DriftLevel.Warn, Security,
        "The next table is not readable for the application, or open to others.", "ALTER DEFAULT PRIVILEGES of the difference.");
    public static readonly DriftClass Owner = new("owner", "Owner", DriftLevel.Error, Security,
        "Migrations fail there, and row-level security does not bind the owner.", "Given back; needs membership in both roles.");
    public static readonly DriftClass Extension = new("extension", "Extension missing or other version", DriftLevel.Error, Availability,
        "What is built on it fails or behaves otherwise.", "CREATE EXTENSION or ALTER EXTENSION UPDATE.");
    public static readonly DriftClass Enum = new("enum_labels", "Enum labels or their order", DriftLevel.Error, Integrity,
        "A value that others store is refused there, or sorts otherwise.", "Missing labels are added in place; one too many stays.");
    public static readonly DriftClass Domain = new("domain", "Domain or composite type", DriftLevel.Error, Integrity,
        "A value that others store is refused there.", "Default, NOT NULL and checks are set; another base type by hand.");
    public static readonly DriftClass Sequence = new("sequence", "Sequence behind its column, or other options", DriftLevel.Error, Availability,
        "The next insert ends in a duplicate key.", "Set behind the highest value; options set.");
    public static readonly DriftClass Collation = new("collation", "Collation or encoding", DriftLevel.Warn, Integrity,
        "Another order of texts; an index built under another version of the library gives wrong results.", "By hand: reindex, then ALTER DATABASE … REFRESH COLLATION VERSION; an encoding is for ever.");
    public static readonly DriftClass Partition = new("partition_set", "Partitions", DriftLevel.Error, Availability,
        "Rows of that range are refused or land elsewhere.", "A missing one is made, a detached one attached; one too many stays.");
    public static readonly DriftClass Storage = new("storage_options", "Storage options or replica identity", DriftLevel.Warn, Performance,
        "Vacuum works otherwise; logical replication refuses updates.", "Set as the migrations say.");
    public static readonly DriftClass Role = new("role", "Role attributes or membership", DriftLevel.Error, Security,
        "An application may more than it should, or cannot log in after a failover.", "ALTER ROLE, GRANT, REVOKE of the difference; a login that has expired by hand.");
    public static readonly DriftClass Settings = new("settings", "Settings of a role or the database", DriftLevel.Warn, Availability,
        "Timeouts, search_path or read-only mode differ after a failover.", "ALTER ROLE … SET; those of the whole database by hand.");
    public static readonly DriftClass History = new("history_chain", "History of migrations", DriftLevel.Error, Integrity,
        "The providers do not have the same schema, or not by the same files.", "'holdfast schema migrate' for what is missing; an edited file is restored.");
    public static readonly DriftClass Other = new("other_object", "Collation, extended statistics, operator, cast or text search", DriftLevel.Warn, Integrity,
        "Texts sort, match or are cast otherwise there, or queries get another plan.", "A missing one is made; another definition, or one too many, by hand.");
    public static readonly DriftClass Comment = new("comment", "Comment", DriftLevel.Info, Maintenance, "None.", "COMMENT ON.");
    public static readonly DriftClass ColumnOrder = new("column_order", "Order of columns", DriftLevel.Info, Maintenance,
        "None for statements that name their columns, as all of Holdfast's do.", "Nothing is changed.");

    public static IReadOnlyList<DriftClass> All { get; } =
    [
        TableMissing, TableExtra, ColumnMissing, ColumnExtra, ColumnType, ColumnNullability, ColumnDefault, ColumnIdentity, Key, Check, ForeignKey, NotValid,
        IndexMissing, IndexExtra, IndexDefinition, IndexInvalid, ViewDefinition, ViewOptions, FunctionBody, FunctionAttributes, Trigger, RowSecurity, Policy, Grants,
        DefaultPrivileges, Owner, Extension, Enum, Domain, Sequence, Collation, Partition, Storage, Role, Settings, History, Other, Comment, ColumnOrder,
    ];
}
