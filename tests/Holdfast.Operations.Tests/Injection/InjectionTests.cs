using Holdfast.Operations.Schema.Migrations;
using Holdfast.TestServers;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Holdfast.Operations.Tests.Injection;

public sealed class InjectionTests : IDisposable
{
    private readonly string _home = Directory.CreateTempSubdirectory("holdfast-injection-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void every_public_entry_is_called() => Assert.True(PublicEntries.All.Count >= 45, string.Join(' ', PublicEntries.All.Select(entry => $"{entry.Type.Name}.{entry.Method.Name}")));

    [Fact]
    public async Task no_text_becomes_sql_on_a_server()
    {
        var connection = await (await OperationsServer.StartedAsync()).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, "create table holdfast.sentinel (a int); insert into holdfast.sentinel select generate_series(1, 100); create table public.sentinel as table holdfast.sentinel");
        const string Snapshot = """
            select md5(string_agg(line, e'\n' order by line)) from (
              select format('%s %s %s %s', c.relkind, c.oid, c.relname, pg_get_userbyid(c.relowner)) as line from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('holdfast', 'public')
              union all select format('%s %s %s %s', a.attrelid, a.attnum, a.attname, a.atttypid) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('holdfast', 'public')
              union all select format('%s %s', p.oid, md5(p.prosrc)) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('holdfast', 'public')
              union all select format('%s %s', k.conname, pg_get_constraintdef(k.oid)) from pg_constraint k join pg_namespace n on n.oid = k.connamespace where n.nspname in ('holdfast', 'public')
              union all select rolname from pg_roles
              union all select format('%s %s', (select count(*) from holdfast.sentinel), (select count(*) from public.sentinel))) lines
            """;
        var before = await SnapshotAsync(connection, Snapshot);
        await ThroughEveryEntryAsync(new HoldfastOptions { Connection = connection, Home = _home });
        Assert.Equal(before, await SnapshotAsync(connection, Snapshot));
        // The snapshot would show it.
        await PostgresServer.ExecuteAsync(connection, "delete from holdfast.sentinel where a = 7");
        Assert.NotEqual(before, await SnapshotAsync(connection, Snapshot));
    }

    [Fact]
    public async Task no_text_becomes_sql_in_the_local_file()
    {
        var options = new HoldfastOptions { Home = _home, LocalFile = Path.Combine(_home, "memory.db") };
        await (await AgentMemory.OpenAsync(options)).DisposeAsync();
        Scalar("create table sentinel (a int)");
        Scalar("insert into sentinel select value from json_each('[1,2,3,4,5,6,7]')");
        const string Snapshot = "select (select group_concat(type || name || coalesce(sql, ''), x'0a') from (select * from sqlite_schema order by type, name)) || (select count(*) from sentinel)";
        var before = Scalar(Snapshot);
        await ThroughEveryEntryAsync(options);
        Assert.Equal(before, Scalar(Snapshot));
        Scalar("delete from sentinel where a = 7");
        Assert.NotEqual(before, Scalar(Snapshot));

        object? Scalar(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={options.LocalFile};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar();
        }
    }

    private static async Task<string?> SnapshotAsync(string connection, string sql)
    {
        await using var source = Npgsql.NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(sql);
        return (string?)await command.ExecuteScalarAsync();
    }

    private static async Task ThroughEveryEntryAsync(HoldfastOptions options)
    {
        await using var memory = await AgentMemory.OpenAsync(options);
        var sentinel = await memory.OpenSessionAsync("sentinel", "sentinel");
        for (var i = 0; i < 10; i++) await sentinel.AppendUserAsync($"untouched {i}");
        foreach (var text in HostileText.All) await ReadBackAsync(memory, text);

        var entries = new PublicEntries(memory);
        var strange = new List<string>();
        foreach (var text in HostileText.All)
            foreach (var (type, method) in PublicEntries.All)
            {
                try
                {
                    await entries.CallAsync(method, text);
                }
                catch (HoldfastException e) when (e is not StoreUnavailableException)
                {
                    // Refused before it came to a store, or there is nothing by that name.
                }
#pragma warning disable CA1031 // Whatever else is thrown is what this looks for.
                catch (Exception e)
#pragma warning restore CA1031
                {
                    strange.Add($"{type.Name}.{method.Name}({(text.Length > 40 ? text[..40] + "…" : text)}): {e.GetType().Name}: {e.Message}");
                }
            }
        Assert.True(strange.Count == 0, $"{strange.Count}:\n" + string.Join('\n', strange.Take(30)));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"untouched {i}"), (await sentinel.LoadChatAsync()).Select(message => message.Text));
    }

    /// <summary>What is accepted is there as it was given, under the names that it was given.</summary>
    private static async Task ReadBackAsync(AgentMemory memory, string text)
    {
        try
        {
            var session = await memory.OpenSessionAsync("read back");
            await session.AppendUserAsync(text);
            Assert.Equal(text, (await session.LoadChatAsync())[^1].Text);
        }
        catch (InvalidInputException)
        {
            Assert.True(IsNoText(text), $"'{text}' was refused as a text");
        }
        try
        {
            var value = System.Text.Json.JsonSerializer.SerializeToElement("value of " + text.Length);
            await memory.Settings.SetAsync("injection", text, value);
            Assert.Equal(value.GetString(), (await memory.Settings.GetAsync("injection", text))!.Value.GetString());
            await memory.Mailbox.SendAsync(text, text, AgentMessageType.Task, text);
            Assert.Equal((text, text), await memory.Mailbox.ReadAsync(text).Select(message => (message.From, message.Text)).SingleAsync());
        }
        catch (InvalidInputException)
        {
            Assert.True(IsNoText(text) || text.Length > 200 || text.Any(char.IsControl), $"'{text}' was refused as a name");
        }
    }

    private static bool IsNoText(string text) => text.Contains('\0', StringComparison.Ordinal) || text.Contains('\uD800', StringComparison.Ordinal);
}
