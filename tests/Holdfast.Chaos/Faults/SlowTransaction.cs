using Holdfast.Chaos.Ledgers;
using Holdfast.Chaos.Writers;
using Holdfast.Rows;
using Npgsql;

namespace Holdfast.Chaos.Faults;

/// <summary>
/// A row that is written in a transaction which stays open while later ones commit. Nobody pushes it: it reaches the other
/// providers only if whoever reads this one's feed waits for it.
/// </summary>
internal sealed class SlowTransaction
{
    /// <summary>The ledger's number for what no writer writes.</summary>
    public const int Writer = 99;

    private const string Insert = """
        insert into holdfast.session_memories (tenant_id, id, stamp, session_id, occurred_at, memory_type, content)
        values ($1, $2, $2, 'slow', now(), 'message_user', to_json($3::text))
        """;

    private static int _numbers;

    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly Ledger _ledger;
    private readonly int _number;
    private readonly Guid _stamp;

    private SlowTransaction(NpgsqlConnection connection, NpgsqlTransaction transaction, Ledger ledger, int number, Guid stamp) =>
        (_connection, _transaction, _ledger, _number, _stamp) = (connection, transaction, ledger, number, stamp);

    public static async Task<SlowTransaction> BeginAsync(string connection, string tenant, int dice, Ledger ledger)
    {
        var number = Interlocked.Increment(ref _numbers);
        var stamp = new Clock().Next().Value;
        var text = FormattableString.Invariant($"slow {number}.{dice}");
        ledger.Add(Writer, number, new WriterReport(Said.Invoke) { Number = number, Kind = WriteKind.Append, Session = "slow", Text = text });
        var opened = new NpgsqlConnection(connection + ";Pooling=false");
        await opened.OpenAsync();
        var transaction = await opened.BeginTransactionAsync();
        await using var command = new NpgsqlCommand(Insert, opened, transaction);
        command.Parameters.Add(new NpgsqlParameter { Value = tenant });
        command.Parameters.Add(new NpgsqlParameter { Value = stamp });
        command.Parameters.Add(new NpgsqlParameter { Value = text });
        await command.ExecuteNonQueryAsync();
        return new SlowTransaction(opened, transaction, ledger, number, stamp);
    }

    public async Task CommitAsync()
    {
        await using var _ = _connection;
        await _transaction.CommitAsync();
        _ledger.Add(Writer, _number, new WriterReport(Said.Ok) { Number = _number, Id = _stamp, Stamp = _stamp, Detail = "committed by hand" });
    }
}
