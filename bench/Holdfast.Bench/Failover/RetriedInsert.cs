using Npgsql;

namespace Holdfast.Bench.Failover;

/// <summary>What a peer's user writes: one row, found again by its number when a retry follows an answer that was lost.</summary>
internal static class RetriedInsert
{
    public const string Table = "create table if not exists failover_rows (n int primary key, body text not null)";

    private const string Sql = "insert into failover_rows values ($1, $2) on conflict do nothing";

    public static async Task WriteAsync(NpgsqlDataSource source, int n, CancellationToken cancellationToken)
    {
        await using var command = source.CreateCommand(Sql);
        command.Parameters.Add(new NpgsqlParameter<int> { TypedValue = n });
        command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = Messages.Text(n) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
