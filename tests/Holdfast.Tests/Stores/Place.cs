namespace Holdfast.Tests.Stores;

/// <summary>Where a contract test runs: every place must answer the same.</summary>
public enum Place
{
    LocalFile,
    Postgres,
    NewerPostgres,
    PgBouncer,
}
