using Holdfast.Operations.Access;
using Npgsql;
using Xunit;

namespace Holdfast.Operations.Tests.Access;

/// <summary>Access is applied beside whoever only reads, and gives way to whoever keeps what it needs.</summary>
public sealed class TableLocksTests
{
    [Fact]
    public async Task a_guard_is_mended_beside_a_long_reader()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("drop trigger refuse_truncate on {s}.payments");
        await using var reader = await ReaderAsync(database, "select * from {s}.payments");
        await database.Control.ApplyAsync(new AccessOptions(), null, default);
        await reader.DisposeAsync();
        Assert.True((await database.VerifyAsync()).IsRight);
    }

    [Fact]
    public async Task row_security_waits_for_a_long_reader_and_names_it()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await using var reader = await ReaderAsync(database, "select * from {s}.payments");
        var error = await Assert.ThrowsAsync<AccessLockException>(() => database.Control.ApplyAsync(new AccessOptions(RowSecurity: true), database.Secrets, default));
        Assert.Contains("a long reader", error.Message, StringComparison.Ordinal);
        Assert.Equal(0L, await database.ScalarAsync<long>("select count(*) from pg_class where relnamespace = '{s}'::regnamespace and relrowsecurity"));
    }

    [Fact]
    public async Task a_table_of_somebodys_own_that_keeps_its_rows_apart_switches_nothing_on()
    {
        using var database = await AccessDatabase.AppliedAsync();
        await database.ExecuteAsync("create table {s}.own (id int); alter table {s}.own enable row level security");
        await database.Control.ApplyAsync(new AccessOptions(), database.Secrets, default);
        Assert.Equal(1L, await database.ScalarAsync<long>("select count(*) from pg_class where relnamespace = '{s}'::regnamespace and relrowsecurity"));
    }

    private static async Task<NpgsqlConnection> ReaderAsync(AccessDatabase database, string sql)
    {
        var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(database.Connection) { Pooling = false, ApplicationName = "a long reader" }.ConnectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand("begin; " + sql.Replace("{s}", database.Schema, StringComparison.Ordinal), connection);
        await command.ExecuteNonQueryAsync();
        return connection;
    }
}
