using Holdfast.TestServers;
using Holdfast.Tests.Providers;
using Microsoft.Data.Sqlite;
using Npgsql;
using Xunit;

namespace Holdfast.Tests.Erasure;

/// <summary>Three providers of the tests of forgetting, and what stands in them and in a local file, asked past the library.</summary>
public sealed class ForgettingServers : IAsyncLifetime
{
    private const string WithContent = "select (select count(*) from {0}session_memories where tenant_id = $1 and content is not null)"
        + " + (select count(*) from {0}revisions where tenant_id = $1 and content is not null and user_id is not null) + (select count(*) from {0}sessions where tenant_id = $1 and (content is not null or title is not null))";

    private ThreeServers _three = null!;

    public IReadOnlyList<PostgresServer> Servers => _three.Servers;

    public async ValueTask InitializeAsync() => _three = await ThreeServers.StartAsync();

    public ValueTask DisposeAsync() => _three.DisposeAsync();

    public HoldfastOptions Options(string? tenant = null) => _three.Options(tenant: tenant);

    /// <summary>All run again.</summary>
    public async Task HealAsync()
    {
        foreach (var server in Servers.Where(server => server.Running.HasExited)) await server.StartAgainAsync();
    }

    /// <summary>Rows of a tenant's conversations that have content on a server.</summary>
    public async Task<long> WithContentAsync(int server, string tenant)
    {
        await using var source = NpgsqlDataSource.Create(Servers[server].ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(string.Format(System.Globalization.CultureInfo.InvariantCulture, WithContent, "holdfast."));
        command.Parameters.Add(new NpgsqlParameter { Value = tenant });
        return (long)(await command.ExecuteScalarAsync())!;
    }

    /// <summary>The same in the local file.</summary>
    public static long LocalWithContent(HoldfastOptions options)
    {
        using var connection = new SqliteConnection($"Data Source={HoldfastHome.LocalFile(options.Home)};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = string.Format(System.Globalization.CultureInfo.InvariantCulture, WithContent, "");
        command.Parameters.AddWithValue("$1", options.TenantId);
        return (long)command.ExecuteScalar()!;
    }

    public Task EmptyAsync(int server, string tenant) => Wait.UntilAsync(async () => await WithContentAsync(server, tenant) == 0, $"server {server} has forgotten");

    /// <summary>Writes a conversation of maria's with a title, and waits until all servers have it.</summary>
    public async Task FillAsync(HoldfastOptions options, int messages = 5)
    {
        await using var memory = await AgentMemory.OpenAsync(options);
        var session = await memory.StartSessionAsync("maria", "a secret title");
        for (var i = 0; i < messages; i++) await session.AppendUserAsync($"secret {i}");
        for (var i = 0; i < Servers.Count; i++)
        {
            var server = i;
            await Wait.UntilAsync(async () => await WithContentAsync(server, options.TenantId) == messages + 2, $"server {i} has the conversation");
        }
    }
}
