using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>
/// Statements together with the tenant that row-level security holds them to: its name goes first, in one round trip and one transaction,
/// so that it is right behind a pooler as well. What would leave other tenants' rows out is refused.
/// </summary>
internal sealed class TenantCommands(NpgsqlDataSource work, string address, string schema, StoreOwner owner)
{
    private readonly TenantScope _scope = new(schema);

    public StoreOwner Owner => owner;

    /// <summary>Messages are found by their words through a function that may use the index.</summary>
    public bool HasMatching { get; set; }

    /// <summary>A statement as it is sent, and whose rows it touches.</summary>
    public SentText Text(Statement statement) => _scope.Of(statement);

    /// <summary>The tenant's name, and then what is given.</summary>
    public NpgsqlBatch Of(string tenant, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = work.CreateBatch();
        batch.BatchCommands.Add(RowSecurity.Tenant(tenant));
        foreach (var command in commands) batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>A statement with the tenant that it is about; <paramref name="named"/>: its answer comes behind that of the naming.</summary>
    /// <exception cref="TenantScopeException">It is about all of them.</exception>
    public NpgsqlBatch Of(Statement statement, object?[] parameters, out bool named)
    {
        var tenant = statement.Tenant ?? Text(statement).Scope switch
        {
            StatementScope.Nobody => null,
            StatementScope.FirstParameter when FirstOf(parameters) is { } first => first,
            _ => throw NeedsRelay(),
        };
        named = tenant is not null;
        var text = named && HasMatching && statement.UnderRowSecurity is not null ? _scope.Sent(statement.UnderRowSecurity) : Text(statement).Sql;
        var batch = named ? Of(tenant!, Command(text, parameters)) : Alone(Command(text, parameters));
        if (statement.MayTakeLong) batch.Timeout = 0;
        return batch;
    }

    /// <summary>A statement, and behind it the question whether row-level security has left rows out of its answer.</summary>
    public NpgsqlBatch Watched(Statement statement, object?[] parameters)
    {
        var batch = Alone(Command(Text(statement).Sql, parameters));
        batch.BatchCommands.Add(RowSecurity.LookAt(schema));
        if (statement.MayTakeLong) batch.Timeout = 0;
        return batch;
    }

    public NpgsqlBatch Alone(NpgsqlBatchCommand command)
    {
        var batch = work.CreateBatch();
        batch.BatchCommands.Add(command);
        return batch;
    }

    /// <summary>The statement's own answer.</summary>
    public static async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch, bool named, CancellationToken cancellationToken)
    {
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        if (!named) return reader;
        try
        {
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>What the policies let the role see now.</summary>
    public async Task<RowSecurity> LookAsync(CancellationToken cancellationToken)
    {
        var batch = Alone(RowSecurity.LookAt(schema));
        await using var _ = batch.ConfigureAwait(false);
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        await reader.ReadAsync(cancellationToken).ConfigureAwait(false);
        var security = RowSecurity.Read(reader);
        security.Check(address, schema);
        HasMatching = security.HasMatching;
        return security;
    }

    public TenantScopeException NeedsRelay() => TenantScopeException.NeedsRelay(address, schema, owner.RelaySetting);

    private static NpgsqlBatchCommand Command(string sql, object?[] parameters)
    {
        var command = new NpgsqlBatchCommand(sql);
        foreach (var parameter in parameters) command.Parameters.Add(parameter as NpgsqlParameter ?? PostgresTypes.Of(parameter));
        return command;
    }

    private static string? FirstOf(object?[] parameters) => parameters is [var first, ..] ? (first as NpgsqlParameter)?.Value as string ?? first as string : null;
}
