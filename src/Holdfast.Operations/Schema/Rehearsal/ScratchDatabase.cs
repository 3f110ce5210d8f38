using System.Security.Cryptography;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Rehearsal;

/// <summary>An empty database of a random name beside the one of a provider. It is dropped at the end, and so is what a killed run has left; nothing else ever is.</summary>
/// <remarks>While it is in use its session holds an advisory lock of its name: what has the form of such a name and no lock is nobody's any more.</remarks>
internal sealed class ScratchDatabase : IAsyncDisposable
{
    private const string Prefix = "holdfast_rehearsal_";

    // A schema's owner makes what migrations make, where access has made one.
    private const string Owner = "select pg_catalog.quote_ident(rolname) from pg_roles where rolname = $1 || '_owner' and pg_has_role(oid, 'member')";

    private const string Hold = "select pg_advisory_lock(pg_catalog.hashtextextended($1, 0))";

    // Advisory locks belong to a database, and pg_locks shows those of all.
    private const string Left = $$"""
        select d.datname from pg_database d
        where d.datname ~ '^{{Prefix}}[0-9a-f]{16}$' and pg_has_role(d.datdba, 'usage')
          and not exists (select from pg_stat_activity a where a.datname = d.datname)
          and not exists (select from pg_locks l where l.locktype = 'advisory' and l.objsubid = 1
            and ((l.classid::bigint << 32) | l.objid::bigint) = pg_catalog.hashtextextended(d.datname, 0))
        """;

    private readonly NpgsqlConnection _connection;

    private ScratchDatabase(NpgsqlConnection connection, string name) => (_connection, Name) = (connection, name);

    public string Name { get; }

    /// <param name="connection">The server itself; it is this object's from now on.</param>
    /// <param name="schema">The schema that will be made there.</param>
    /// <param name="dropped">Hears the name of each database of a killed run that was dropped first.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">The role may not create databases.</exception>
    public static async Task<ScratchDatabase> CreateAsync(NpgsqlConnection connection, string schema, Action<string>? dropped, CancellationToken cancellationToken)
    {
        var scratch = new ScratchDatabase(connection, Prefix + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        try
        {
            await scratch.DropLeftAsync(dropped, cancellationToken).ConfigureAwait(false);
            await scratch.HoldAsync(cancellationToken).ConfigureAwait(false);
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

    private async Task DropLeftAsync(Action<string>? dropped, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        var ask = new NpgsqlCommand(Left, _connection);
        await using (ask.ConfigureAwait(false))
        {
            var reader = await ask.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
            await using var _ = reader.ConfigureAwait(false);
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) names.Add(reader.GetString(0));
        }
        foreach (var name in names)
        {
            try
            {
                await ExecuteAsync($"drop database if exists {SqlQuote.Name(name)}", cancellationToken).ConfigureAwait(false);
                dropped?.Invoke(name);
            }
            catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.InsufficientPrivilege)
            {
                // Somebody came into it meanwhile, or the role may not after all: it is in nobody's way.
            }
        }
    }

    private async Task HoldAsync(CancellationToken cancellationToken)
    {
        var hold = new NpgsqlCommand(Hold, _connection) { Parameters = { new() { Value = Name } } };
        await using var _ = hold.ConfigureAwait(false);
        await hold.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, _connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
