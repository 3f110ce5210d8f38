using Holdfast.Operations.Access.Effects;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access;

/// <summary>Roles, grants, guard and row-level security of one server: planned, applied, verified.</summary>
internal sealed class AccessControl
{
    private const int TriesMax = 10;

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
    public string Target => $"{_settings.Host}:{_settings.Port}/{_settings.Database} schema {_schema} role {_settings.Username}";

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
    public async Task<(AccessPlan Plan, IReadOnlyList<string> NewPasswords)> ApplyAsync(AccessOptions options, SecretsFile? secrets, CancellationToken cancellationToken)
    {
        secrets?.Check();
        var connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                return await ApplyAsync(connection, options, secrets, cancellationToken).ConfigureAwait(false);
            }
            // 55P03: a lock was not had in time; XX000: somebody else changed the same role at this moment ("tuple concurrently updated").
            catch (PostgresException e) when (e.SqlState is "55P03" or "XX000" or "40P01" && attempt < TriesMax)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(200 * attempt), _time, cancellationToken).ConfigureAwait(false);
            }
            catch (PostgresException e)
            {
                throw new SchemaException($"{Target}: {e.MessageText} ({e.SqlState}). Everything was rolled back. 'holdfast access plan' prints what would be run.", e);
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

    private async Task<(AccessPlan, IReadOnlyList<string>)> ApplyAsync(NpgsqlConnection connection, AccessOptions options, SecretsFile? secrets, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        // Whoever waits for a lock stops everybody behind it.
        await ExecuteAsync(connection, "set local lock_timeout = '500ms'", cancellationToken).ConfigureAwait(false);
        var state = await AccessState.ReadAsync(connection, _schema, cancellationToken).ConfigureAwait(false);
        var plan = AccessPlanner.Plan(_schema, options, state);
        if (plan.Blocking.Any()) throw new AccessBlockedException(Target, plan);
        foreach (var statement in plan.Statements) await ExecuteAsync(connection, statement, cancellationToken).ConfigureAwait(false);
        if (secrets is null)
        {
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            return (plan, []);
        }
        var lines = await secrets.LinesAsync(cancellationToken).ConfigureAwait(false);
        var known = SecretsFile.UrlsOf(lines);
        var fresh = NewPasswords(plan, state, known);
        // Roles belong to the whole server: another database's apply may have given them their passwords.
        var elsewhere = RoleSpecs.All(_schema, AccessPlanner.Effective(_schema, options, state)).Where(role => role.CanLogIn && !fresh.Any(one => one.Role == role.Name) && SecretsFile.Find(known, _settings, role.Name) is null)
            .Select(role => role.Name).ToList();
        if (elsewhere.Count > 0) plan = plan with { Notes = [.. plan.Notes, $"{string.Join(", ", elsewhere)}: {secrets.Path} has no log-in of theirs here, and they keep the password that they have{(state.IsSuperuser ? "" : $" (or have none, which {state.User} may not see)")}. Roles are the whole server's: their log-ins at another database of it have the same."] };
        try
        {
            foreach (var one in fresh) await ExecuteAsync(connection, $"alter role {one.Role} password {SqlQuote.Literal(one.Verifier)}", cancellationToken).ConfigureAwait(false);
            // On the disk before it counts: a password that nobody has is worse than a file that is not used.
            if (fresh.Count > 0) await secrets.DraftAsync([.. lines.Where(line => !fresh.Any(one => SecretsFile.Find(SecretsFile.UrlsOf([line]), _settings, one.Role) is not null)), .. fresh.Select(one => one.Url)], cancellationToken).ConfigureAwait(false);
            await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            secrets.Discard();
            throw;
        }
        if (fresh.Count > 0) secrets.Publish();
        return (plan, [.. fresh.Select(one => one.Role)]);
    }

    private List<NewPassword> NewPasswords(AccessPlan plan, AccessState state, IReadOnlyList<string> known)
    {
        var fresh = new List<NewPassword>();
        foreach (var role in RoleSpecs.All(_schema, new AccessOptions(RowSecurity: true)).Where(role => role.CanLogIn))
        {
            var isNew = plan.NewLogins.Any(login => login.Name == role.Name);
            var hasNone = state.Roles.TryGetValue(role.Name, out var live) && live.HasPassword == false;
            if (!isNew && !hasNone) continue;
            if (SecretsFile.Find(known, _settings, role.Name) is not null && !isNew) continue;
            var password = SecretsFile.NewPassword();
            fresh.Add(new NewPassword(role.Name, SecretsFile.Url(_settings, role.Name, password), ScramVerifier.Of(password, System.Security.Cryptography.RandomNumberGenerator.GetBytes(16))));
        }
        return fresh;
    }

    private Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => PostgresSource.OpenAsync(_settings, Target, cancellationToken);

    private sealed record NewPassword(string Role, string Url, string Verifier);

    internal static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        var command = new NpgsqlCommand(sql, connection);
        await using var _ = command.ConfigureAwait(false);
        await command.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>Something must be done by hand, at the provider's console, before the rest can be.</summary>
internal sealed class AccessBlockedException(string target, AccessPlan plan) : HoldfastException(
    $"{target} may not do all of it: {string.Join(" ", plan.Blocking.Select(step => $"\"{step.Sql}\" ({step.Why})."))} Nothing was changed.")
{
    public AccessPlan Plan => plan;
}
