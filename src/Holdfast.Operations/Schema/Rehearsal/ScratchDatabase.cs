using System.Security.Cryptography;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Rehearsal;

/// <summary>An empty database of a random name beside the one of a provider. It is dropped at the end, and nothing else ever is: the name was made here.</summary>
internal sealed class ScratchDatabase : IAsyncDisposable
{
    private const string Prefix = "holdfast_rehearsal_";

    // A schema's owner makes what migrations make, where access has made one.
    private const string Owner = "select quote_ident(rolname) from pg_roles where rolname = $1 || '_owner' and pg_has_role(oid, 'member')";

    private readonly NpgsqlConnection _connection;

    private ScratchDatabase(NpgsqlConnection connection, string name) => (_connection, Name) = (connection, name);

    public string Name { get; }

    /// <param name="connection">The server itself; it is this object's from now on.</param>
    /// <param name="schema">The schema that will be made there.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">The role may not create databases.</exception>
    public static async Task<ScratchDatabase> CreateAsync(NpgsqlConnection connection, string schema, CancellationToken cancellationToken)
    {
        var scratch = new ScratchDatabase(connection, Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            await scratch.ExecuteAsync($"create database {SqlQuote.Name(scratch.Name)} template template0", cancellationToken).ConfigureAwait(false);
            var ask = new NpgsqlCommand(Owner, connection) { Parameters = { new() { Value = SchemaName.Check(schema) } } };
            await using var _ = ask.ConfigureAwait(false);
            if (await ask.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is string)
                await scratch.ExecuteAsync($"grant create on database {SqlQuote.Name(scratch.Name)} to {SqlQuote.Name(SchemaName.Check(schema) + "_owner")}", cancellationToken).ConfigureAwait(false);
            return scratch;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            throw new SchemaException($"A rehearsal needs a database of its own for some seconds, and {connection.UserName} may not create one ({e.MessageText}). Rehearse as a role with CREATEDB, or try the files on the server itself: holdfast schema migrate --dry-run --execute", e);
        }
        catch
        {
            await scratch.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await using var _ = _connection.ConfigureAwait(false);
        if (_connection.State == System.Data.ConnectionState.Open) await ExecuteAsync($"drop database if exists {SqlQuote.Name(Name)} with (force)", CancellationToken.None).ConfigureAwait(false);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, _connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
