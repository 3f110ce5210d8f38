using System.Globalization;
using Holdfast.Operations.Access;
using Holdfast.Operations.Access.Effects;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>A database with a schema of its own name, and so with roles of its own.</summary>
internal sealed class AccessDatabase : IDisposable
{
    private static int _count;

    private AccessDatabase(PostgresServer server, string schema, string connection)
    {
        (Server, Schema, Connection) = (server, schema, connection);
        Secrets = new SecretsFile(Path.Combine(Home, "access.secrets"));
    }

    public PostgresServer Server { get; }

    public string Schema { get; }

    /// <summary>As the superuser.</summary>
    public string Connection { get; }

    public string Home { get; } = Directory.CreateTempSubdirectory("holdfast-access-test-").FullName;

    public SecretsFile Secrets { get; }

    public AccessControl Control => new(new NpgsqlConnectionStringBuilder(Connection), Schema);

    public static async Task<AccessDatabase> CreateAsync(PostgresVersion version = PostgresVersion.Debian, bool migrated = true, string? schema = null)
    {
        var server = await AccessServers.StartedAsync(version);
        schema ??= string.Create(CultureInfo.InvariantCulture, $"mem{Interlocked.Increment(ref _count)}");
        var connection = await server.CreateDatabaseAsync();
        if (migrated) await new SchemaMigrator(connection, schema).MigrateAsync();
        return new AccessDatabase(server, schema, connection);
    }

    /// <summary>With access applied, and every log-in in <see cref="Secrets"/>.</summary>
    public static async Task<AccessDatabase> AppliedAsync(PostgresVersion version = PostgresVersion.Debian, bool rowSecurity = false)
    {
        var database = await CreateAsync(version);
        await database.Control.ApplyAsync(new AccessOptions(rowSecurity), database.Secrets, default);
        return database;
    }

    public Task ExecuteAsync(string sql) => PostgresServer.ExecuteAsync(Connection, sql.Replace("{s}", Schema, StringComparison.Ordinal));

    public Task<T> ScalarAsync<T>(string sql) => PostgresServer.AskAsync<T>(Connection, sql.Replace("{s}", Schema, StringComparison.Ordinal));

    /// <summary>The log-in of a role, from the file.</summary>
    public async Task<string> LogInAsync(string suffix) =>
        SecretsFile.Find(await Secrets.ReadAsync(default), new NpgsqlConnectionStringBuilder(Connection), $"{Schema}_{suffix}")!.ConnectionString;

    public async Task ExecuteAsAsync(string suffix, string sql)
    {
        await using var source = NpgsqlDataSource.Create(await LogInAsync(suffix) + ";Pooling=false");
        await using var command = source.CreateCommand(sql.Replace("{s}", Schema, StringComparison.Ordinal));
        await command.ExecuteNonQueryAsync();
    }

    public async Task RefusedAsync(string suffix, string sql) =>
        Assert.Equal("42501", (await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsAsync(suffix, sql))).SqlState);

    public async Task<EffectMatrix> VerifyAsync(bool rowSecurity = false, bool logIn = false) =>
        await Control.VerifyAsync(new AccessOptions(rowSecurity), logIn ? await Secrets.ReadAsync(default) : [], default);

    public void Dispose() => Directory.Delete(Home, recursive: true);
}
