namespace Holdfast.Tests.Stores;

/// <summary>Where a contract test runs: every place must answer the same.</summary>
public enum Place
{
    LocalFile,
    Postgres,
    NewerPostgres,
    PgBouncer,
    /// <summary>A server whose policies keep tenants apart, as the application's role.</summary>
    RowSecurity,
    /// <summary>The same behind a pooler.</summary>
    RowSecurityPooled,
}
