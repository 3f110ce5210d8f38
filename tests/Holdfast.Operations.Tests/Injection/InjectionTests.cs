using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Tests.Access;
using Holdfast.Stores.Postgres;
using Holdfast.TestServers;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Holdfast.Operations.Tests.Injection;

public sealed class InjectionTests : IDisposable
{
    private int _homes;
    private readonly string _home = Directory.CreateTempSubdirectory("holdfast-injection-").FullName;

    public void Dispose() => Directory.Delete(_home, recursive: true);

    [Fact]
    public void every_public_entry_is_called() => Assert.True(PublicEntries.All.Count >= 45, string.Join(' ', PublicEntries.All.Select(entry => $"{entry.Type.Name}.{entry.Method.Name}")));

    // Tables, columns, functions, constraints, roles, and the sentinels' rows.
    private const string Snapshot = """
        select md5(string_agg(line, e'\n' order by line)) from (
          select format('%s %s %s %s', c.relkind, c.oid, c.relname, pg_get_userbyid(c.relowner)) as line from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('{s}', 'public')
          union all select format('%s %s %s %s', a.attrelid, a.attnum, a.attname, a.atttypid) from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace where n.nspname in ('{s}', 'public')
          union all select format('%s %s', p.oid, md5(p.prosrc)) from pg_proc p join pg_namespace n on n.oid = p.pronamespace where n.nspname in ('{s}', 'public')
          union all select format('%s %s', k.conname, pg_get_constraintdef(k.oid)) from pg_constraint k join pg_namespace n on n.oid = k.connamespace where n.nspname in ('{s}', 'public')
          union all select rolname from pg_roles where rolname like '{s}%'
          union all select format('%s %s', (select count(*) from {s}.sentinel), (select count(*) from public.sentinel))) lines
        """;

    private const string Sentinels = "create table {s}.sentinel (a int); insert into {s}.sentinel select generate_series(1, 100); create table public.sentinel as table {s}.sentinel";

    [Fact]
    public async Task no_text_becomes_sql_on_a_server()
    {
        var connection = await (await OperationsServer.StartedAsync()).CreateDatabaseAsync();
        await new SchemaMigrator(connection).MigrateAsync();
        await PostgresServer.ExecuteAsync(connection, Sentinels.Replace("{s}", "holdfast", StringComparison.Ordinal));
        await UnchangedAsync(connection, "holdfast", () => ThroughEveryEntryAsync(new HoldfastOptions { Connection = connection, Home = _home }));
    }

    /// <summary>The statements that name a tenant and ask <c>matching()</c> run only here.</summary>
    [Fact]
    public async Task no_text_becomes_sql_as_the_app_with_row_level_security()
    {
        using var database = await AccessDatabase.CreateAsync();
        await database.ExecuteAsync(Sentinels);
        // That server writes every statement and its values into its log, which others read.
        await database.ExecuteAsync($"alter database {new Npgsql.NpgsqlConnectionStringBuilder(database.Connection).Database} set log_statement = 'none'");
        await database.Control.ApplyAsync(new AccessOptions(RowSecurity: true) { TakesOver = true }, database.Secrets, default);
        var logIn = await database.LogInAsync("app_a");
        HoldfastOptions Options(string tenant) => new() { Connection = logIn, Home = Directory.CreateDirectory(Path.Combine(_home, $"{_homes++}")).FullName, Schema = database.Schema, TenantId = tenant };
        await UnchangedAsync(database.Connection, database.Schema, async () =>
        {
            await ThroughEveryEntryAsync(Options("acme"));
            // And the tenant's own name.
            foreach (var text in HostileText.All)
            {
                try
                {
                    await using var memory = await AgentMemory.OpenAsync(Options(text));
                    await (await memory.OpenSessionAsync("s", "maria")).AppendUserAsync("lighthouse of a tenant");
                    Assert.Equal("lighthouse of a tenant", Assert.Single(await memory.RecallAsync("lighthouse")).Memory.Content.GetString());
                    Assert.Empty(await memory.RecallAsync(HostileCalls.Untouched));
                }
                catch (InvalidInputException)
                {
                    Assert.True(IsNoName(text), $"'{text}' was refused as a tenant");
                }
            }
        });
    }

    /// <summary>What the calls look for is found: planted entries that do it wrong.</summary>
    [Fact]
    public async Task an_entry_that_puts_a_text_into_sql_is_found()
    {
        var connection = await (await OperationsServer.StartedAsync()).CreateDatabaseAsync();
        await PostgresServer.ExecuteAsync(connection, $"create table notes (owner text, text text); insert into notes values ('sentinel', '{HostileCalls.Untouched} 1')");
        HostileEntry Planted(string name, Func<string, string> sql) => new(name, async text =>
        {
            try
            {
                await using var source = Npgsql.NpgsqlDataSource.Create(connection);
                await using var command = source.CreateCommand(sql(text));
                command.Parameters.Add(new() { Value = text });
                return await command.ExecuteScalarAsync();
            }
            catch (Npgsql.NpgsqlException e)
            {
                throw PostgresErrors.Translate(e, "there");
            }
        });
        HostileEntry[] wrong = [Planted("concatenated", text => $"select text from notes where owner = '{text}' and $1 <> ''"), Planted("escaped by half", text => $"select text from notes where owner = e'{text.Replace("'", "''", StringComparison.Ordinal)}' and $1 <> ''"),
            Planted("a name", text => $"select \"{text}\" from notes where $1 <> ''")];
        foreach (var entry in wrong) Assert.NotEmpty(await HostileCalls.RunAsync([entry], HostileText.All));
        // The one of all that makes no error: it answers with everybody's.
        var everybodys = Assert.Single(await HostileCalls.RunAsync([wrong[0]], ["' or '1'='1' or owner = '"]));
        Assert.Contains("not asked for", everybodys, StringComparison.Ordinal);
        // As a value, and as a list of everything, it is not.
        string[] values = [.. HostileText.All.Where(text => !IsNoText(text))];
        Assert.Empty(await HostileCalls.RunAsync([Planted("a value", _ => "select text from notes where owner = $1"), Planted("all", _ => "select text from notes where $1 <> ''")], values));
    }

    [Fact]
    public async Task no_text_becomes_sql_in_the_local_file()
    {
        var options = new HoldfastOptions { Home = _home, LocalFile = Path.Combine(_home, "memory.db") };
        await (await AgentMemory.OpenAsync(options)).DisposeAsync();
        Scalar("create table sentinel (a int)");
        Scalar("insert into sentinel select value from json_each('[1,2,3,4,5,6,7]')");
        const string Tables = "select (select group_concat(type || name || coalesce(sql, ''), x'0a') from (select * from sqlite_schema order by type, name)) || (select count(*) from sentinel)";
        var before = Scalar(Tables);
        await ThroughEveryEntryAsync(options);
        Assert.Equal(before, Scalar(Tables));
        Scalar("delete from sentinel where a = 7");
        Assert.NotEqual(before, Scalar(Tables));

        object? Scalar(string sql)
        {
            using var connection = new SqliteConnection($"Data Source={options.LocalFile};Pooling=False");
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = sql;
            return command.ExecuteScalar();
        }
    }

    private static async Task UnchangedAsync(string connection, string schema, Func<Task> calls)
    {
        var snapshot = Snapshot.Replace("{s}", schema, StringComparison.Ordinal);
        var before = await SnapshotAsync(connection, snapshot);
        await calls();
        Assert.Equal(before, await SnapshotAsync(connection, snapshot));
        // The snapshot would show it.
        await PostgresServer.ExecuteAsync(connection, $"delete from {schema}.sentinel where a = 7");
        Assert.NotEqual(before, await SnapshotAsync(connection, snapshot));
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
        for (var i = 0; i < 10; i++) await sentinel.AppendUserAsync($"{HostileCalls.Untouched} {i}");
        foreach (var text in HostileText.All) await ReadBackAsync(memory, text);
        var strange = await HostileCalls.RunAsync(new PublicEntries(memory).Entries, HostileText.All);
        Assert.True(strange.Count == 0, $"{strange.Count}:\n" + string.Join('\n', strange.Take(30)));
        Assert.Equal(Enumerable.Range(0, 10).Select(i => $"{HostileCalls.Untouched} {i}"), (await sentinel.LoadChatAsync()).Select(message => message.Text));
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
            Assert.True(IsNoName(text), $"'{text}' was refused as a name");
        }
    }

    private static bool IsNoName(string text) => IsNoText(text) || text.Length > 200 || text.Any(char.IsControl);

    private static bool IsNoText(string text) => text.Contains('\0', StringComparison.Ordinal) || text.Contains('\uD800', StringComparison.Ordinal);
}
