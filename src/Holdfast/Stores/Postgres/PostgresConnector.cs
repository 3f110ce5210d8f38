using Npgsql;

namespace Holdfast.Stores.Postgres;

/// <summary>Opens a store: asks the server what it is, then sets the connection up for just that.</summary>
internal static class PostgresConnector
{
    public static Task<PostgresStore> ConnectAsync(Secret connection, string schema, TimeProvider time, Rows.MergeRules? rules, CancellationToken cancellationToken, StoreOwner? owner = null) =>
        ConnectAsync(Settings(connection), schema, time, rules, cancellationToken, owner: owner);

    /// <param name="given">Settings that are safe behind any pooler.</param>
    /// <param name="schema">The schema of the tables.</param>
    /// <param name="time">The clock.</param>
    /// <param name="rules">Merge rules; null: all of them.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="certificateHost">The server's name in TLS, where the way leads through a proxy; null: the connection's host.</param>
    /// <param name="owner">Who opens it; null: nobody in particular.</param>
    /// <exception cref="SchemaException">Row-level security shows the role nothing at all.</exception>
    public static async Task<PostgresStore> ConnectAsync(NpgsqlConnectionStringBuilder given, string schema, TimeProvider time, Rows.MergeRules? rules, CancellationToken cancellationToken, string? certificateHost = null, StoreOwner? owner = null)
    {
        var settings = new NpgsqlConnectionStringBuilder(given.ConnectionString);
        PostgresIdentity identity;
        var first = PostgresSource.Build(settings, certificateHost);
        await using (first.ConfigureAwait(false))
            identity = await PostgresIdentity.AskAsync(first, schema, time, cancellationToken).ConfigureAwait(false);

        identity.Security.Check(identity.Address, schema);
        if (!identity.IsPooled)
        {
            settings.MaxAutoPrepare = 200;
            settings.AutoPrepareMinUsages = 2;
        }
        return new PostgresStore(PostgresSource.Build(settings, certificateHost), identity, ownsWork: true, schema, rules, owner);
    }

    /// <summary>Safe behind any pooler: nothing prepared, no reset of a session that is not ours, one command at a time.</summary>
    private static NpgsqlConnectionStringBuilder Settings(Secret connection)
    {
        var settings = PostgresUrl.Parse(connection);
        settings.MaxAutoPrepare = 0;
        settings.NoResetOnClose = true;
        settings.Multiplexing = false;
        settings.Enlist = false;
        settings.ApplicationName ??= "holdfast";
        return settings;
    }
}
