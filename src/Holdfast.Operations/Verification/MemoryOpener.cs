using Holdfast.Providers;
using Holdfast.Rows;
using Holdfast.Stores.Sqlite;

namespace Holdfast.Operations.Verification;

/// <summary>Opens a memory on one store alone, for the tenant of the tests.</summary>
internal static class MemoryOpener
{
    public static async Task<AgentMemory> OnAsync(ProviderOptions provider, HoldfastOptions options, CancellationToken cancellationToken)
    {
        var clock = new Clock(options.TimeProvider);
        var store = await ProviderConnections.ConnectAsync(provider, options, clock, cancellationToken).ConfigureAwait(false);
        return await AgentMemory.OpenAsync(store, clock, Options(options), cancellationToken).ConfigureAwait(false);
    }

    public static Task<AgentMemory> OnAsync(string file, HoldfastOptions options, CancellationToken cancellationToken) =>
        AgentMemory.OpenAsync(SqliteStore.Open(file, options.TimeProvider), new Clock(options.TimeProvider), Options(options), cancellationToken);

    private static HoldfastOptions Options(HoldfastOptions from) =>
        new() { TenantId = Verifier.Tenant, Schema = from.Schema, TimeProvider = from.TimeProvider, SettingsCacheFor = TimeSpan.Zero };
}
