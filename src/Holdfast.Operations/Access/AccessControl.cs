using Holdfast.Operations.Access.Effects;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>Roles, grants, guard and row-level security of one server: planned, applied, verified.</summary>
internal sealed class AccessControl
{
    private const int TriesMax = 10;

    private const string AskBlockers = """
        select 'process ' || a.pid || coalesce(' of ' || nullif(a.application_name, ''), '') || ' (' || coalesce(a.state, 'unknown') || coalesce(', transaction open for ' || extract(epoch from clock_timestamp() - a.xact_start)::int || ' s', '') || ') has ' || string_agg(distinct c.relname, ', ')
        from pg_locks l join pg_class c on c.oid = l.relation join pg_namespace n on n.oid = c.relnamespace join pg_stat_activity a on a.pid = l.pid
        where n.nspname = $1 and c.relkind in ('r', 'p') and l.granted and l.pid <> pg_backend_pid() and l.database = (select oid from pg_database where datname = current_database())
        group by a.pid, a.application_name, a.state, a.xact_start order by a.xact_start limit 5
        """;

    private const string AskStandby = "select pg_catalog.pg_is_in_recovery()";

    private readonly NpgsqlConnectionStringBuilder _settings;
    private readonly string _schema;
    private readonly TimeProvider _time;

    /// <param name="settings">The server itself, as a role that may give rights; not a pooler.</param>
    /// <param name="schema">The schema of Holdfast's tables.</param>
    /// <param name="time">The clock.</param>
    public AccessControl(NpgsqlConnectionStringBuilder settings, string schema, TimeProvider? time = null)
    {
        _settings = new NpgsqlConnectionStringBuilder(settings.ConnectionString) { Pooling = false, ApplicationName = "holdfast access", CommandTimeout = 60 };
        _settings.Database ??= _settings.Username;
        _schema = SchemaName.Check(schema);
        _time = time ?? TimeProvider.System;
    }

    /// <summary>The server and schema, without secrets.</summary>
    public string Target => $"{PostgresHosts.Text(_settings)}/{_settings.Database} schema {_schema} role {_settings.Username}";

    /// <summary>What would be done now; changes nothing.</summary>
    public async Task<AccessPlan> PlanAsync(AccessOptions options, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await PlanAsync(connection, options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Does it, in one transaction: all or nothing. New log-ins have no password unless <paramref name="secrets"/> is given.</summary>
    /// <returns>What was done, and the roles whose passwords are new.</returns>
    /// <exception cref="AccessBlockedException">Something must be done by hand first; nothing was changed.</exception>
    /// <exception cref="AccessLockException">Somebody else kept what it needs; nothing was changed.</exception>
    /// <exception cref="AccessOutcomeException">The connection broke at the end.</exception>
    public async Task<(AccessPlan Plan, IReadOnlyList<string> NewPasswords)> ApplyAsync(AccessOptions options, SecretsFile? secrets, CancellationToken cancellationToken)
    {
        if (secrets is not null) await secrets.CheckAsync(_settings, cancellationToken).ConfigureAwait(false);
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        var takesVerifiers = true;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                // The same one as long as it lives: it knows the catalogue by now, so that it holds its locks for a shorter time.
                if (connection.State != System.Data.ConnectionState.Open)
                {
                    await connection.OpenAsync(cancellationToken).ConfigureAwait(false);
                    await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
                }
                return await ApplyAsync(connection, options, secrets, takesVerifiers, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (AccessErrors.AsksForPlaintext(e) && takesVerifiers)
            {
                takesVerifiers = false;
            }
            catch (PostgresException e) when (AccessErrors.IsPassing(e) && attempt < TriesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), _time, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e) when (AccessErrors.IsPassing(e))
            {
                throw new AccessLockException(Target, TriesMax, await BlockersAsync(cancellationToken).ConfigureAwait(false), e);
            }
            catch (PostgresException e)
            {
                throw new SchemaException($"{Target}: {e.MessageText} ({e.SqlState}). Everything was rolled back. 'holdfast access plan' prints what would be run.", e);
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                throw new StoreUnavailableException($"{Target}: {e.Message} Everything was rolled back.", e);
            }
        }
    }

    /// <summary>Tries, as every role, what it may and what it must not, and leaves nothing behind.</summary>
    /// <param name="options">What is wanted.</param>
    /// <param name="urls">Log-ins of roles, by which those are tried as themselves.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<EffectMatrix> VerifyAsync(AccessOptions options, IReadOnlyList<string> urls, CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        try
        {
            return await new EffectVerifier(connection, _settings, _schema, options, urls, _time).RunAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw PostgresErrors.Translate(e, Target);
        }
    }

    private async Task<AccessPlan> PlanAsync(NpgsqlConnection connection, AccessOptions options, CancellationToken cancellationToken) =>
        AccessPlanner.Plan(_schema, options, await AccessState.ReadAsync(connection, _schema, cancellationToken).ConfigureAwait(false));

    private async Task<(AccessPlan, IReadOnlyList<string>)> ApplyAsync(NpgsqlConnection connection, AccessOptions options, SecretsFile? secrets, bool takesVerifiers, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var state = await AccessState.ReadAsync(connection, _schema, cancellationToken).ConfigureAwait(false);
        var plan = AccessPlanner.Plan(_schema, options, state);
        if (plan.Blocking.Any()) throw new AccessBlockedException(Target, plan);
        await TableLocks.TakeAsync(transaction, _schema, plan.Statements, state, _time, cancellationToken).ConfigureAwait(false);
        // Whoever waits for a lock stops everybody behind it.
        await ExecuteAsync(connection, "set local lock_timeout = '500ms'", cancellationToken).ConfigureAwait(false);
        foreach (var statement in plan.Statements) await ExecuteAsync(connection, statement, cancellationToken).ConfigureAwait(false);
        if (secrets is null)
        {
            await CommitAsync(transaction, null).ConfigureAwait(false);
            return (plan, []);
        }
        var lines = await secrets.LinesAsync(cancellationToken).ConfigureAwait(false);
        var fresh = NewPasswords(plan, state);
        plan = plan with { Notes = [.. plan.Notes, .. Elsewhere(options, state, fresh, secrets, SecretsFile.UrlsOf(lines))] };
        if (!takesVerifiers)
        {
            plan = plan with { ByHand = [.. plan.ByHand, .. fresh.Select(one => PlaintextStep(one.Role, secrets))] };
            fresh = [];
        }
        foreach (var one in fresh) await ExecuteAsync(connection, $"alter role {one.Role} password {SqlQuote.Literal(one.Verifier)}", cancellationToken).ConfigureAwait(false);
        // On the disk before it counts: a password that nobody has is worse than a file that is not used.
        if (fresh.Count > 0) await secrets.DraftAsync([.. lines.Where(line => !fresh.Any(one => SecretsFile.Find(SecretsFile.UrlsOf([line]), _settings, one.Role) is not null)), .. fresh.Select(one => one.Url)], cancellationToken).ConfigureAwait(false);
        await CommitAsync(transaction, fresh.Count > 0 ? secrets : null).ConfigureAwait(false);
        if (fresh.Count > 0) secrets.Publish();
        return (plan, [.. fresh.Select(one => one.Role)]);
    }

    private async Task<List<string>> BlockersAsync(CancellationToken cancellationToken)
    {
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await AccessState.QueryAsync(connection, AskBlockers, [_schema], row => row.GetString(0), cancellationToken).ConfigureAwait(false);
    }

    /// <param name="transaction">What is to be final.</param>
    /// <param name="drafted">Holds the passwords that it gives; null: it gives none.</param>
    /// <exception cref="AccessOutcomeException">Nobody knows whether it is.</exception>
    private async Task CommitAsync(NpgsqlTransaction transaction, SecretsFile? drafted)
    {
        try
        {
            // To give up here would leave it unknown, too.
            await transaction.CommitAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (PostgresException e) when (AccessErrors.IsRefusal(e))
        {
            drafted?.Discard();
            throw;
        }
        catch (Exception e) when (e is NpgsqlException or IOException or TimeoutException)
        {
            throw new AccessOutcomeException(Target, drafted, e);
        }
    }

    private List<NewPassword> NewPasswords(AccessPlan plan, AccessState state)
    {
        var fresh = new List<NewPassword>();
        foreach (var role in RoleSpecs.All(_schema, new AccessOptions(RowSecurity: true)).Where(role => role.CanLogIn))
        {
            var isNew = plan.NewLogins.Any(login => login.Name == role.Name);
            var hasNone = state.Roles.TryGetValue(role.Name, out var live) && live.HasPassword == false;
            if (!isNew && !hasNone) continue;
            var password = SecretsFile.NewPassword();
            fresh.Add(new NewPassword(role.Name, SecretsFile.Url(_settings, role.Name, password), ScramVerifier.Of(password, System.Security.Cryptography.RandomNumberGenerator.GetBytes(16))));
        }
        return fresh;
    }

    // Roles belong to the whole server: another database's apply may have given them their passwords.
    private IEnumerable<string> Elsewhere(AccessOptions options, AccessState state, List<NewPassword> fresh, SecretsFile secrets, IReadOnlyList<string> known)
    {
        var roles = RoleSpecs.All(_schema, AccessPlanner.Effective(_schema, options, state)).Where(role => role.CanLogIn && !fresh.Any(one => one.Role == role.Name) && SecretsFile.Find(known, _settings, role.Name) is null)
            .Select(role => role.Name).ToList();
        if (roles.Count > 0) yield return $"{string.Join(", ", roles)}: {secrets.Path} has no log-in of theirs here, and they keep the password that they have{(state.IsSuperuser ? "" : $" (or have none, which {state.User} may not see: psql's \\password gives one where the provider takes verifiers)")}. Roles are the whole server's: their log-ins at another database of it have the same.";
    }

    /// <summary>What takes no verifier takes none of psql's \password either. As a variable of psql it stands in no history and in no list of processes.</summary>
    private ManualStep PlaintextStep(string role, SecretsFile secrets) => new($"alter role {role} password :'password'",
        $"this server takes passwords as plain text only, which this program does not send (psql's \\password does not either): in psql, with TLS, first \\set password `openssl rand -hex 24`, then this, then select 1 (the app and the monitor see a session's last statement), then \\echo :password; the line for {secrets.Path} is {SecretsFile.Url(_settings, role, "PASSWORD")}");

    /// <summary>The roles that have no log-in in a file that can be used at this server, in words; null: all have.</summary>
    public string? WithoutLogIn(SecretsFile secrets, IReadOnlyList<string> urls)
    {
        var relay = RoleSpecs.NameOf(_schema, "relay");
        // Whether tenants are kept apart, only the server says: a relay's line is missed where there are such lines.
        var hasRelay = urls.Any(url => PostgresUrl.Parse(url, "secrets").Username == relay);
        return secrets.Missing(urls, _settings, RoleSpecs.All(_schema, new AccessOptions(RowSecurity: hasRelay)).Where(role => role.CanLogIn).Select(role => role.Name));
    }

    private async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        var connection = await PostgresSource.OpenAsync(_settings, Target, cancellationToken).ConfigureAwait(false);
        try
        {
            await BeginAsync(connection, cancellationToken).ConfigureAwait(false);
            return connection;
        }
        catch (Exception e)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            if (e is NpgsqlException or TimeoutException) throw PostgresErrors.Translate(e, Target);
            throw;
        }
    }

    private async Task BeginAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await SafePath.PinAsync(connection, cancellationToken).ConfigureAwait(false))
            throw new SchemaException($"{Target} is a pooler: roles are tried, and changed, in a session of the server itself. Use the server's direct address.");
        if ((await AccessState.QueryAsync(connection, AskStandby, [], row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0])
            throw new SchemaException($"{Target} is a standby: it takes no changes, and has roles and rights from its primary. Name the primary's host, or let the connection find it among several (target_session_attrs=read-write).");
    }

    private sealed record NewPassword(string Role, string Url, string Verifier);

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}
