using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Sessions;

/// <summary>Why a server takes no writes from a session: it follows another one, or somebody set <c>default_transaction_read_only</c>.</summary>
internal static class WritesOff
{
    private const string Ask = """
        select pg_is_in_recovery(), s.setting = 'on', s.source, current_user::text, session_user::text, current_database()::text
        from pg_settings s where s.name = 'default_transaction_read_only'
        """;

    /// <summary>The cause and the next step in words; null: it takes them.</summary>
    /// <param name="connection">Not in a transaction that has failed.</param>
    /// <param name="cancellationToken">Ends the look.</param>
    public static async Task<string?> WhyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(Ask, connection);
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        if (!await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) return null;
        if (reader.GetBoolean(0)) return "It is a standby: name the server that it follows.";
        if (!reader.GetBoolean(1)) return null;
        var (role, database) = (reader.GetString(4), reader.GetString(5));
        var next = reader.GetString(2) switch
        {
            "user" => $"of the role {role}: connect as one that writes, such as the migrator, or where it is not meant run: alter role {SqlQuote.Name(role)} reset default_transaction_read_only",
            "database" => $"of the database {database}; run: alter database {SqlQuote.Name(database)} reset default_transaction_read_only",
            "database user" => $"of the role {role} in the database {database}; run: alter role {SqlQuote.Name(role)} in database {SqlQuote.Name(database)} reset default_transaction_read_only",
            "client" => "in the provider's connection string (options); take it out there",
            _ => "of the whole server (its configuration, or the hosting provider because the disk is nearly full); look there, or run: alter system reset default_transaction_read_only",
        };
        return $"default_transaction_read_only is on by a setting {next}.";
    }

    /// <exception cref="SchemaException">It takes no writes; nothing was changed.</exception>
    public static async Task RefuseAsync(ControlSession session, CancellationToken cancellationToken)
    {
        if (await WhyAsync(session.Connection, cancellationToken).ConfigureAwait(false) is { } why) throw new SchemaException($"{session.Target} takes no writes. {why} Nothing was changed.");
    }
}
