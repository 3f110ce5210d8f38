using Holdfast.Rows;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Access.Effects;

/// <summary>
/// Proves a server's access by trying: as every role, on every table, what it may and what it must not do. Each trial stands in a transaction that is
/// rolled back.
/// </summary>
internal sealed class EffectVerifier(
    NpgsqlConnection connection, NpgsqlConnectionStringBuilder settings, string schema, AccessOptions options, IReadOnlyList<string> urls, TimeProvider time)
{
    private const string NewTable = "holdfast_access_trial";
    private const int ComparisonsMax = 3;

    private readonly List<EffectCell> _cells = [];
    private readonly List<string> _loggedIn = [];
    private readonly List<string> _notes = [];

    /// <summary>What is tried on this connection runs with its rights, whatever role it has become: a trigger gives the role back.</summary>
    private bool _isSafe;

    public async Task<EffectMatrix> RunAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var state = await AccessState.ReadAsync(connection, schema, cancellationToken).ConfigureAwait(false);
        var wanted = AccessPlanner.Effective(schema, options, state);
        var roles = RoleSpecs.All(schema, wanted);
        if (!AccessPlanner.IsExclusive(wanted, state)) _notes.Add($"The database is shared ({AccessPlanner.Others(state)}): what PUBLIC may do in it is not tried.");
        if (state.Strangers.Count > 0) _notes.Add($"Others than Holdfast's roles have rights here, which are not tried: {string.Join("; ", LiveStrangers.Text(state.Strangers))}.");
        foreach (var role in state.Roles.Values.Where(role => role is { CanLogIn: true, ValidUntil: not null, IsExpired: false })) _notes.Add($"The password of {role.Name} ends on {role.ValidUntil}: from then on it cannot log in.");
        if (state.Members.Where(one => !CatalogueChecks.IsOwners(schema, one.Group)).Select(one => $"{one.Member} as {one.Group}").ToList() is { Count: > 0 } members)
            _notes.Add($"Others may act as roles of Holdfast's: {string.Join(", ", members)}.");
        if (Waiting(wanted, state) is { Count: > 0 } waiting) _notes.Add($"The application has not yet all rights to what the catalogue does not know; 'holdfast access apply' gives them: {string.Join(", ", waiting)}.");
        var isCompared = await CompareFunctionsAsync(state, wanted, cancellationToken).ConfigureAwait(false);
        _cells.AddRange(state.Code.Select(code => EffectCell.Of(RoleSpecs.Owner(schema), "code", code.Table, false, $"{code.What}, is not declared and runs with the rights of whoever uses the table, an administrator's too: look at it and drop it")));
        _isSafe = isCompared && state.Code.Count == 0 && _cells.All(cell => cell.Operation != "function" || cell.IsRight);
        if (!_isSafe) _notes.Add($"Nothing was tried as {settings.Username}: what is not declared in the schema, or was not compared with the declaration, would run with its rights. Log-ins in --secrets are tried all the same.");
        foreach (var role in roles)
        {
            var isThere = state.Roles.ContainsKey(role.Name);
            _cells.Add(EffectCell.Of(role.Name, "role", "", isThere, "there is no such role"));
            if (isThere) await TryAsync(role, state, wanted, cancellationToken).ConfigureAwait(false);
        }
        if (wanted.WithoutRowSecurity)
            _cells.Add(EffectCell.Of(RoleSpecs.Owner(schema), "no row security", schema, !RowSecurity.IsOn(schema, state), "row-level security is on, or something of it is left; 'holdfast access apply --no-row-security' switches it off"));
        var there = roles.Where(role => state.Roles.ContainsKey(role.Name)).ToList();
        _cells.AddRange(await CatalogueChecks.RunAsync(connection, schema, wanted, state, there, cancellationToken).ConfigureAwait(false));
        AddMissingGuards(state);
        if (_isSafe) await InOwnTransactionAsync(() => TryGuardAsync(state, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (_isSafe && there.Any(role => role.Role == AccessRole.Owner))
            await InOwnTransactionAsync(() => TryNewTableAsync(there, wanted.RowSecurity, cancellationToken), cancellationToken).ConfigureAwait(false);
        if (_isSafe && wanted.RowSecurity && there.Any(role => role.Role == AccessRole.Owner)) await InOwnTransactionAsync(() => TryTenantsAsync(there, cancellationToken), cancellationToken).ConfigureAwait(false);
        return new EffectMatrix([.. roles.Select(role => role.Name)], [.. _cells.Select(cell => cell.Operation).Distinct()], _cells, _loggedIn, _notes, time.GetElapsedTime(started));
    }

    private List<string> Waiting(AccessOptions wanted, AccessState state)
    {
        var declared = new DeclaredRights(schema, wanted, state);
        var app = AccessScript.Grantees(schema, wanted).First(role => role.Role == AccessRole.App);
        return [.. state.Objects.Where(found => !StrayObjects.IsDeclared(found) && declared.Missing(app, found).Count > 0).Select(found => found.Name)];
    }

    private async Task TryAsync(RoleSpec role, AccessState state, AccessOptions wanted, CancellationToken cancellationToken)
    {
        List<EffectTrial> trials = [.. EffectTrials.Of(role, schema, state, wanted)];
        var isClosed = AccessPlanner.IsClosedSlot(role, state.Roles[role.Name].CanLogIn);
        if (isClosed) _notes.Add($"{role.Name} may not log in: a slot that is closed. \"alter role {role.Name} login\" opens it.");
        if (!isClosed && SecretsFile.Find(urls, settings, role.Name) is { } url)
        {
            url.Pooling = false;
            url.ApplicationName = "holdfast access";
            var own = PostgresSource.Connection(url);
            await using var _ = own.ConfigureAwait(false);
            try
            {
                await own.OpenAsync(cancellationToken).ConfigureAwait(false);
                _cells.Add(EffectCell.Of(role.Name, "log in", "", true, ""));
            }
            catch (NpgsqlException e)
            {
                _cells.Add(EffectCell.Of(role.Name, "log in", "", false, e.Message));
                return;
            }
            _loggedIn.Add(role.Name);
            trials.Add(BecomeOwner(role));
            var transaction = await own.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using var __ = transaction.ConfigureAwait(false);
            await PrepareAsync(own, cancellationToken).ConfigureAwait(false);
            _cells.AddRange(await EffectRunner.RunAsync(own, role.Name, trials, cancellationToken).ConfigureAwait(false));
            return;
        }
        if (!_isSafe) return;
        // SET ROLE is decided by who has logged in: a trial of it needs the role's own session.
        if (state.IsSuperuser) trials.Add(BecomeOwner(role));
        await InOwnTransactionAsync(async () =>
        {
            if (!await BecomeAsync(role, state.IsSuperuser ? "session authorization" : "role", cancellationToken).ConfigureAwait(false)) return;
            _cells.AddRange(await EffectRunner.RunAsync(connection, role.Name, trials, cancellationToken).ConfigureAwait(false));
        }, cancellationToken).ConfigureAwait(false);
    }

    private EffectTrial BecomeOwner(RoleSpec role) => new("become owner", "", $"set role {RoleSpecs.Owner(schema)}",
        role.Role is AccessRole.Migrator or AccessRole.Owner ? EffectOutcome.Allowed : EffectOutcome.Refused);

    private void AddMissingGuards(AccessState state)
    {
        foreach (var table in DeleteGuard.Guarded)
            if (MissingGuards(state, table).ToList() is { Count: > 0 } names)
                _cells.Add(EffectCell.Of(RoleSpecs.Owner(schema), "guard", table.Name, false, $"triggers of the guard are missing, disabled or others: {string.Join(", ", names)}"));
    }

    private IEnumerable<string> MissingGuards(AccessState state, Table table) =>
        GuardTriggers.Missing(schema, table, state.Objects.FirstOrDefault(found => found.Kind == "table" && found.Name == table.Name)).Select(trigger => trigger.Name);

    /// <summary>Makes the declared functions again and looks whether they are others then.</summary>
    /// <returns>False: that is not known, and what they would do neither.</returns>
    private async Task<bool> CompareFunctionsAsync(AccessState state, AccessOptions wanted, CancellationToken cancellationToken)
    {
        if (!state.Roles.ContainsKey(RoleSpecs.Owner(schema))) return false;
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var isCompared = false;
                await InOwnTransactionAsync(async () =>
                {
                    if (!state.IsSuperuser && !await BecomeAsync(RoleSpecs.All(schema, options)[0], "role", cancellationToken).ConfigureAwait(false)) return;
                    _cells.AddRange(await FunctionComparison.RunAsync(connection, schema, wanted, cancellationToken).ConfigureAwait(false));
                    isCompared = true;
                }, cancellationToken).ConfigureAwait(false);
                return isCompared;
            }
            catch (PostgresException e) when (AccessErrors.IsPassing(e))
            {
                // Another run is over in a moment. Whoever holds it for longer may be about to make it another one.
                if (attempt < ComparisonsMax) continue;
                _cells.Add(EffectCell.Of(RoleSpecs.Owner(schema), "function", "", false, $"the functions could not be compared with the declaration, because somebody else is changing them: {e.MessageText}"));
                return false;
            }
        }
    }

    /// <summary>Deletes and truncates as somebody who may: only the guard is in the way.</summary>
    private async Task TryGuardAsync(AccessState state, CancellationToken cancellationToken)
    {
        if (!state.IsSuperuser && !await BecomeAsync(RoleSpecs.All(schema, options)[0], "role", cancellationToken).ConfigureAwait(false)) return;
        var guarded = DeleteGuard.Guarded.Where(table => !MissingGuards(state, table).Any()).ToList();
        List<EffectTrial> trials = [.. GuardTrials.Of(schema, guarded)];
        // Whoever has to wait for a lock here stops everybody behind it.
        await AccessControl.ExecuteAsync(connection, "set local lock_timeout = '50ms'", cancellationToken).ConfigureAwait(false);
        var cells = await EffectRunner.RunAsync(connection, RoleSpecs.Owner(schema), trials, cancellationToken).ConfigureAwait(false);
        // A table in use (a dump reads it for an hour, say) gives no lock for TRUNCATE: its trigger was read, and its function was tried by DELETE.
        bool IsInUse(EffectCell cell, int i) => cell.IsLockWait && trials[i].Sql.StartsWith("truncate ", StringComparison.Ordinal);
        _cells.AddRange(cells.Where((cell, i) => !IsInUse(cell, i)));
        var inUse = cells.Where(IsInUse).Select(cell => cell.Subject).ToList();
        if (inUse.Count > 0) _notes.Add($"TRUNCATE was not tried on tables that are in use: {string.Join(", ", inUse)}; their triggers are there and on.");
    }

    /// <summary>A table that the owner makes now, as a migration would, and what each role may do with it: where tenants are kept apart, nothing before it has policies.</summary>
    private async Task TryNewTableAsync(List<RoleSpec> roles, bool rowSecurity, CancellationToken cancellationToken)
    {
        if (!await BecomeAsync(roles.First(role => role.Role == AccessRole.Owner), "role", cancellationToken).ConfigureAwait(false)) return;
        if (!await PreparedAsync("new table", schema, $"create table {schema}.{NewTable} (id text)", cancellationToken).ConfigureAwait(false)
            || !await PreparedAsync("new function", schema, $"create function {schema}.{NewTable}() returns int language sql return 1", cancellationToken).ConfigureAwait(false)) return;
        foreach (var role in roles.Where(role => role.Role != AccessRole.Owner))
        {
            await AccessControl.ExecuteAsync(connection, "reset role", cancellationToken).ConfigureAwait(false);
            if (!await BecomeAsync(role, "role", cancellationToken).ConfigureAwait(false)) continue;
            var rights = role.Role switch
            {
                AccessRole.Backup => TableRight.Select,
                _ when rowSecurity => TableRight.None,
                AccessRole.App or AccessRole.Relay => TableRight.Select | TableRight.Insert | TableRight.Update,
                AccessRole.ReadOnly => TableRight.Select,
                _ => TableRight.None,
            };
            List<EffectTrial> trials = [.. EffectTrials.OnTable(role.Role, schema, NewTable, rights, ["id"]).Select(trial => trial with { Operation = "new table", Subject = trial.Operation }),
                new("new function", "execute", $"select {schema}.{NewTable}()", rights.HasFlag(TableRight.Insert) ? EffectOutcome.Allowed : EffectOutcome.Refused)];
            _cells.AddRange(await EffectRunner.RunAsync(connection, role.Name, trials, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Two tenants' rows in every table: each sees and writes its own, and nobody gets an answer without saying whose.</summary>
    private async Task TryTenantsAsync(List<RoleSpec> roles, CancellationToken cancellationToken)
    {
        if (!await BecomeAsync(roles.First(role => role.Role == AccessRole.Owner), "role", cancellationToken).ConfigureAwait(false)) return;
        var tables = new List<Table>();
        foreach (var table in RowSecurity.Protected)
            if (await PreparedAsync("row security", table.Name, SampleRow.Insert(schema, table, SampleRow.Tenant), cancellationToken).ConfigureAwait(false)
                && await PreparedAsync("row security", table.Name, SampleRow.Insert(schema, table, SampleRow.OtherTenant), cancellationToken).ConfigureAwait(false)) tables.Add(table);
        foreach (var role in roles.Where(role => role.Role is AccessRole.App or AccessRole.ReadOnly or AccessRole.Backup or AccessRole.Relay))
        {
            await AccessControl.ExecuteAsync(connection, "reset role", cancellationToken).ConfigureAwait(false);
            if (!await BecomeAsync(role, "role", cancellationToken).ConfigureAwait(false)) continue;
            _cells.AddRange(await EffectRunner.RunAsync(connection, role.Name, [.. tables.SelectMany(table => TenantTrials.Of(role.Role, schema, table))], cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Makes what trials need, as the owner; that it cannot be made is a finding.</summary>
    private async Task<bool> PreparedAsync(string operation, string subject, string sql, CancellationToken cancellationToken)
    {
        await AccessControl.ExecuteAsync(connection, "savepoint before_sample", cancellationToken).ConfigureAwait(false);
        try
        {
            await AccessControl.ExecuteAsync(connection, sql, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e)
        {
            await AccessControl.ExecuteAsync(connection, "rollback to before_sample", cancellationToken).ConfigureAwait(false);
            _cells.Add(EffectCell.Of(RoleSpecs.Owner(schema), operation, subject, false, $"the owner cannot make what is to be tried: {e.MessageText} ({e.SqlState})"));
            return false;
        }
    }

    private async Task InOwnTransactionAsync(Func<Task> act, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await PrepareAsync(connection, cancellationToken).ConfigureAwait(false);
        await act().ConfigureAwait(false);
        await transaction.RollbackAsync(cancellationToken).ConfigureAwait(false);
    }

    // A role that only reads by default must be stopped by its rights, not by that setting. The result must be writable, too.
    private static Task PrepareAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        AccessControl.ExecuteAsync(connection, $"set transaction read write; set local lock_timeout = '500ms'; set local row_security = on; set local {AccessOptions.TenantSetting} = '{SampleRow.Tenant}'", cancellationToken);

    private async Task<bool> BecomeAsync(RoleSpec role, string what, CancellationToken cancellationToken)
    {
        try
        {
            // Whoever made the roles may put itself into them; like everything here it is rolled back.
            await AccessControl.ExecuteAsync(connection, "savepoint before_role", cancellationToken).ConfigureAwait(false);
            if (what == "role" && !await IsMemberAsync(role, cancellationToken).ConfigureAwait(false)) await JoinAsync(role, cancellationToken).ConfigureAwait(false);
            await AccessControl.ExecuteAsync(connection, $"set local {what} {role.Name}", cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (PostgresException e) when (e.SqlState is "42501" or "0LP01")
        {
            await AccessControl.ExecuteAsync(connection, "rollback to before_role", cancellationToken).ConfigureAwait(false);
            _cells.Add(EffectCell.Of(role.Name, "become role", "", false, $"{settings.Username} cannot try as {role.Name}: {e.MessageText}; give its log-in by --secrets"));
            return false;
        }
    }

    private async Task<bool> IsMemberAsync(RoleSpec role, CancellationToken cancellationToken) => (await AccessState.QueryAsync(connection,
        "select pg_has_role($1, case when current_setting('server_version_num')::int >= 160000 then 'set' else 'member' end)", [role.Name], row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];

    private async Task JoinAsync(RoleSpec role, CancellationToken cancellationToken)
    {
        var isNew = (await AccessState.QueryAsync(connection, "select current_setting('server_version_num')::int >= 160000", [], row => row.GetBoolean(0), cancellationToken).ConfigureAwait(false))[0];
        await AccessControl.ExecuteAsync(connection, $"grant {role.Name} to current_user{(isNew ? " with inherit false, set true" : "")}", cancellationToken).ConfigureAwait(false);
    }
}
