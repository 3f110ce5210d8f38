namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>What belongs to a hosting provider or to PostgreSQL itself: never compared, never changed.</summary>
internal static class ManagedNames
{
    private static readonly string[] Schemas = ["auth", "storage", "realtime", "vault", "graphql", "graphql_public", "extensions", "pgbouncer", "cron", "information_schema"];
    private static readonly string[] Prefixes = ["neon", "supabase_", "pg_", "rds", "cloudsql", "azure", "aiven", "crdb_", "_supabase", "_realtime"];
    private static readonly string[] Extensions = ["plpgsql", "pg_graphql", "pgsodium", "supabase_vault", "pg_net", "pgjwt", "pg_session_jwt", "aws_commons", "google_vacuum_mgmt"];

    // The role that Neon gives to its customers; what it owns or may is the customer's.
    private const string NeonCustomer = "neondb_owner";

    public static bool IsSchema(string name) => Schemas.Contains(name) || HasPrefix(name);

    public static bool IsRole(string name) => name != NeonCustomer && HasPrefix(name);

    public static bool IsExtension(string name) => Extensions.Contains(name) || name.StartsWith("neon", StringComparison.Ordinal) || name.StartsWith("rds", StringComparison.Ordinal);

    /// <summary>Settings of extensions and providers may hold secrets (Supabase keeps a signing key in one): never read further.</summary>
    public static bool IsSetting(string name) => name.Contains('.', StringComparison.Ordinal) && !name.StartsWith("holdfast.", StringComparison.Ordinal);

    private static bool HasPrefix(string name) => Prefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
