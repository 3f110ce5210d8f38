using System.Data.Common;
using Holdfast.Providers;
using Holdfast.Rows;
using Holdfast.Stores.Postgres;

namespace Holdfast;

/// <summary>
/// The providers that hold a memory, as the application sees them: who leads, how each is, and SQL for the application's own
/// tables beside the memory's.
/// </summary>
public sealed class ProviderSet
{
    private readonly ProviderAccess _access;

    internal ProviderSet(ProviderAccess access) => _access = access;

    internal ProviderAccess Access => _access;

    /// <summary>The name of the provider that leads; null: none takes writes, the local file alone does.</summary>
    public string? Primary => _access.Router.Route.Primary?.Name;

    /// <summary>True while another than the preferred provider leads.</summary>
    public bool IsFailover => _access.Router.Route.IsFailover;

    /// <summary>All providers in their configured order.</summary>
    public IReadOnlyList<ProviderInfo> List() => [.. _access.Providers.Select(provider => new ProviderInfo(
        provider.Name, provider == _access.Router.Route.Primary, ProcessStates.StateOf(provider),
        provider.Health.Problem is { } failure ? EnumText<Providers.Failures.FailureCause>.Of(failure.Cause) : null, provider.Health.Problem?.Message,
        provider.Writes.Percentile(0.5), provider.Reads.Percentile(0.5), _access.Pushes[provider.Index].IsBehind))];

    /// <summary>Runs a statement of the application on the primary. Its tables are not replicated.</summary>
    /// <param name="sql">The statement; parameters are <c>$1</c>, <c>$2</c> ….</param>
    /// <param name="parameters">Values of types that Npgsql knows.</param>
    /// <param name="repeatable">True when it may run twice and anywhere: then it goes to the next provider whenever one fails.</param>
    /// <param name="cancellationToken">Releases the caller.</param>
    /// <returns>The number of rows changed.</returns>
    /// <exception cref="StoreUnavailableException">No provider ran it.</exception>
    /// <exception cref="UnknownOutcomeException">It may have been run, and it is not repeatable.</exception>
    /// <exception cref="DbException">The statement itself is refused.</exception>
    public Task<int> ExecuteAsync(string sql, IReadOnlyList<object?>? parameters = null, bool repeatable = false, CancellationToken cancellationToken = default) =>
        _access.RunAsync(sql, (store, token) => store.RunAsync(sql, parameters ?? [], token), repeatable, writes: true, cancellationToken);

    /// <summary>Runs a query of the application on the primary and reads all its rows.</summary>
    /// <typeparam name="T">What a row becomes.</typeparam>
    /// <param name="sql">The query, which only reads: it may go to a provider that takes no writes, and a freeze does not stop it. Parameters are <c>$1</c>, <c>$2</c> ….</param>
    /// <param name="read">Makes a value of a row.</param>
    /// <param name="parameters">Values of types that Npgsql knows.</param>
    /// <param name="repeatable">True when another provider may answer too: its answer may lack what the primary has.</param>
    /// <param name="cancellationToken">Releases the caller.</param>
    /// <exception cref="StoreUnavailableException">No provider answered.</exception>
    /// <exception cref="DbException">The query itself is refused.</exception>
    public Task<List<T>> QueryAsync<T>(string sql, Func<DbDataReader, T> read, IReadOnlyList<object?>? parameters = null, bool repeatable = false, CancellationToken cancellationToken = default) =>
        _access.RunAsync(sql, (store, token) => store.RunAsync(sql, parameters ?? [], read, token), repeatable, writes: false, cancellationToken);
}
