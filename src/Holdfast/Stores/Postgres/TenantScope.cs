using System.Collections.Concurrent;
using System.Text.RegularExpressions;
using Holdfast.Rows;

namespace Holdfast.Stores.Postgres;

/// <summary>Whose rows a statement touches.</summary>
internal enum StatementScope
{
    /// <summary>Nobody's: the schema's history, the server's own catalogue.</summary>
    Nobody,

    /// <summary>One tenant's: the one that its first parameter names.</summary>
    FirstParameter,

    /// <summary>All tenants', or the relay's own bookkeeping of them.</summary>
    Everybody,
}

/// <summary>
/// Tells from a statement's text whose rows it touches. What is not plainly one tenant's counts as everybody's, and is refused
/// where row-level security would leave rows out: an answer without them would look whole.
/// </summary>
internal sealed partial class TenantScope(string schema)
{
    private readonly ConcurrentDictionary<string, SentText> _sent = new(StringComparer.Ordinal);
    private readonly QueryTexts _queries = new(table => $"{schema}.{table}");

    /// <summary>A statement as it is sent, and whose rows it touches.</summary>
    public SentText Of(Statement statement) => _sent.GetOrAdd(statement.Postgres, text => _queries.Of(text) is var sql ? new SentText(sql, Of(sql)) : default);

    /// <summary>A text with the store's own names in it.</summary>
    public string Sent(string text) => _queries.Of(text.Replace("{schema}", schema, StringComparison.Ordinal));

    /// <param name="sql">The text as it is sent.</param>
    public StatementScope Of(string sql) =>
        !Names().Matches(sql).Any(name => name.Groups[1].Value == schema && Tables.TryGet(name.Groups[2].Value, out var table) && (RowSecurity.IsOfTenants(table) || TableRights.IsOfAllTenants(table))) ? StatementScope.Nobody
        : FirstParameter().IsMatch(sql) ? StatementScope.FirstParameter
        : StatementScope.Everybody;

    [GeneratedRegex(@"\b(\w+)\.(\w+)\b")]
    private static partial Regex Names();

    [GeneratedRegex(@"\btenant_id = \$1(?!\d)")]
    private static partial Regex FirstParameter();
}

/// <summary>A statement as it is sent.</summary>
internal readonly record struct SentText(string Sql, StatementScope Scope);

/// <summary>
/// What goes over all tenants was asked of a role that row-level security shows one tenant at a time. It is no word on the
/// server's health, and it is never an answer.
/// </summary>
internal sealed class TenantScopeException(string message, bool isPassword = false) : HoldfastException(message)
{
    /// <summary>The relay's own password was refused: some providers ban an address after two of those.</summary>
    public bool IsPassword => isPassword;

    /// <param name="address">Where the rows are.</param>
    public static TenantScopeException Changed(string address) => new($"{address}: row-level security was switched on while this was read, and left rows out. Ask again.");

    /// <param name="address">Where the rows are.</param>
    /// <param name="schema">Their schema.</param>
    /// <param name="relaySetting">The setting that names the relay's own connection.</param>
    public static TenantScopeException NeedsRelay(string address, string schema, string relaySetting) => new(
        $"{address}: row-level security shows the connected role one tenant at a time, and this goes over all of them: nothing was read or written. "
        + $"Set {relaySetting} to a connection of the role {schema}_relay, which has a policy for all tenants ('holdfast access apply --row-security' makes both).");
}

/// <summary>What a store under row-level security has to know of the process that opened it.</summary>
/// <param name="ApplicationTenant">Whose rows the application's own statements see; null: they run as they are.</param>
/// <param name="RelaySetting">The setting that names the relay's own connection, for messages.</param>
internal sealed record StoreOwner(string? ApplicationTenant, string RelaySetting)
{
    public static readonly StoreOwner Unknown = new(null, "HOLDFAST_PROVIDER_<NAME>_RELAY");
}
