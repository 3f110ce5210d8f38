namespace Holdfast.Tests.Stores;

/// <summary>
/// What every store does, in parts that stand on each other: <see cref="MergeContract"/>, <see cref="ErasureContract"/>,
/// <see cref="RegisterContract"/>, <see cref="BatchContract"/>, <see cref="FeedContract"/>. The classes below run all of it at each place.
/// </summary>
public abstract class StoreContract(Place place) : FeedContract(place);

public sealed class LocalFileStoreTests() : StoreContract(Place.LocalFile);

public sealed class PostgresStoreTests() : StoreContract(Place.Postgres);

public sealed class NewerPostgresStoreTests() : StoreContract(Place.NewerPostgres);

public sealed class PgBouncerStoreTests() : StoreContract(Place.PgBouncer);

/// <summary>All but the feed, which goes over all tenants.</summary>
public sealed class RowSecurityStoreTests() : BatchContract(Place.RowSecurity);

public sealed class PooledRowSecurityStoreTests() : BatchContract(Place.RowSecurityPooled);
