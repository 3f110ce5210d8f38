using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What a repair did.</summary>
/// <param name="Proof">The plan and its proof.</param>
/// <param name="Left">What still differs, read again after it.</param>
internal sealed record RepairResult(ProofResult Proof, IReadOnlyList<Difference> Left);

/// <summary>
/// Mends one provider: proves the plan, runs it on the very server that was looked at, reads that server again. It never goes
/// on at another server: the system identifier is the same before, between and after, or it stops.
/// </summary>
internal sealed class DriftRepair(DriftOptions options)
{
    private const string Invalid = """
        select pg_catalog.format('%I.%I', n.nspname, c.relname) from pg_index i join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace join pg_class t on t.oid = i.indrelid
        where n.nspname = $1 and c.relname = any ($2) and t.relname = $3 and not i.indisvalid and c.relkind = 'i'
        """;

    // What the role or the database is set to would cut a validation or an index build half-way. Bodies are read when they are called, as in the proof.
    private const string Unlimited = "set statement_timeout = 0; set lock_timeout = 0; set idle_in_transaction_session_timeout = 0; set check_function_bodies = off";

    /// <summary>The plan and its proof; changes nothing.</summary>
    /// <param name="drift">What was found.</param>
    /// <param name="differences">Which of its differences are to be mended.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<ProofResult> ProveAsync(ProviderDrift drift, IReadOnlyList<Difference> differences, CancellationToken cancellationToken)
    {
        var connection = await DriftCheck.OpenAsync(drift.Target, cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await ProveAsync(connection, drift, differences, cancellationToken).ConfigureAwait(false);
    }

    /// <exception cref="SchemaException">Another server answers, or the plan does not hold; nothing was changed.</exception>
    /// <exception cref="SchemaRepairException">A statement failed; those before it stand.</exception>
    public async Task<RepairResult> RunAsync(ProviderDrift drift, IReadOnlyList<Difference> differences, IProgress<string>? progress, CancellationToken cancellationToken)
    {
        var connection = await DriftCheck.OpenAsync(drift.Target, cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        try
        {
            await MigrationLock.TakeAsync(connection, options.LockWaitMax, options.Time, cancellationToken).ConfigureAwait(false);
            var now = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            RequireSame(drift, now);
            if (now.Fingerprint != drift.Actual!.Fingerprint) throw new SchemaException($"{drift.Target.Name}: the schema has changed since it was compared; nothing was done. Run the command again.");
            var proof = await ProveAsync(connection, drift, differences, cancellationToken).ConfigureAwait(false);
            Require(proof, drift.Target.Name);
            foreach (var limit in Unlimited.Split("; ")) await ExecuteAsync(connection, limit, cancellationToken).ConfigureAwait(false);
            foreach (var step in proof.Proved)
            {
                if (proof.Owner is { } owner) await ExecuteAsync(connection, step.IsTheOwners ? owner.Become : "reset role", cancellationToken).ConfigureAwait(false);
                progress?.Report(step.Difference.Detail.Replace(CanonicalText.Schema, options.Schema, StringComparison.Ordinal));
                foreach (var transaction in step.Transactions) await RunAsync(connection, drift.Target, step, transaction, cancellationToken).ConfigureAwait(false);
            }
            await ExecuteAsync(connection, "reset role", cancellationToken).ConfigureAwait(false);
            var after = await ReadAsync(connection, cancellationToken).ConfigureAwait(false);
            RequireSame(drift, after);
            return new RepairResult(proof, SchemaComparison.Compare(drift.Expected!, after));
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            throw PostgresErrors.Translate(e, drift.Target.Address);
        }
    }

    /// <exception cref="SchemaException">In the scratch copy the plan did not mend what it says.</exception>
    public static void Require(ProofResult proof, string provider)
    {
        if (!proof.Holds)
            throw new SchemaException($"{provider}: in a scratch copy the plan does not mend {proof.Left.First(left => proof.Proved.Any(step => step.Difference.CacheKey == left.CacheKey)).Detail} Nothing was changed; repair it by hand.");
    }

    private static Task<ProofResult> ProveAsync(NpgsqlConnection connection, ProviderDrift drift, IReadOnlyList<Difference> differences, CancellationToken cancellationToken) =>
        PlanProof.RunAsync(connection, drift.Actual!, drift.Expected!, RepairPlanner.Plan(differences, drift.Expected!, drift.Actual!), cancellationToken);

    // As the check of drift reads it: a migrator sees neither the history nor how far a column is.
    private async Task<CatalogueSnapshot> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await OwnerRole.AssumeWhereNeededAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false);
        var snapshot = await CatalogueReader.ReadAloneAsync(connection, options.Scope, cancellationToken).ConfigureAwait(false);
        await ExecuteAsync(connection, "reset role", cancellationToken).ConfigureAwait(false);
        return snapshot;
    }

    private static void RequireSame(ProviderDrift drift, CatalogueSnapshot now)
    {
        var (before, after) = (drift.Actual!.Facts, now.Facts);
        if (before.SystemIdentifier != after.SystemIdentifier || before.Database != after.Database)
            throw new SchemaException($"{drift.Target.Name}: another server answers than the one that was compared (system identifier {after.SystemIdentifier ?? "unknown"}, database {after.Database}; before {before.SystemIdentifier ?? "unknown"}, {before.Database}). Nothing more was done there.");
    }

    private async Task RunAsync(NpgsqlConnection connection, DriftTarget target, RepairStep step, IReadOnlyList<string> transaction, CancellationToken cancellationToken)
    {
        try
        {
            await new LockRetry(options.Time) { PauseMin = TimeSpan.FromMilliseconds(400), PauseMax = TimeSpan.FromSeconds(5) }.RunAsync(async () =>
            {
                await TryAsync(connection, transaction, cancellationToken).ConfigureAwait(false);
                return true;
            }, _ => Task.CompletedTask, cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            var left = connection.State == System.Data.ConnectionState.Open ? await TakeAwayAsync(connection, step, cancellationToken).ConfigureAwait(false) : "";
            var next = LockRetry.IsLockFailure(e.SqlState) ? "Somebody else keeps the table. End that" : "Mend what it names";
            throw new SchemaRepairException(
                $"{target.Name}: the repair of '{step.Difference.CacheKey}' stopped: {e.MessageText} ({e.SqlState}{(string.IsNullOrEmpty(e.Detail) ? "" : $"; {e.Detail}")}). What was repaired before stands{left}. {next} and run the command again.", e);
        }
    }

    // Half a repair is worse than none: a new constraint that old rows violate, an index that no query uses and every write pays for.
    private async Task<string> TakeAwayAsync(NpgsqlConnection connection, RepairStep step, CancellationToken cancellationToken)
    {
        try
        {
            foreach (var index in await InvalidAsync(connection, step.Difference.Object, cancellationToken).ConfigureAwait(false))
                await ExecuteAsync(connection, $"drop index concurrently if exists {SqlQuote.Quoted(index)}", cancellationToken).ConfigureAwait(false);
            if (step.Interim is { } interim) await TryAsync(connection, [interim], cancellationToken).ConfigureAwait(false);
            return "";
        }
        catch (PostgresException e)
        {
            return $", and so does what the repair had begun ({e.MessageText}); the next run takes it away";
        }
    }

    private async Task<List<string>> InvalidAsync(NpgsqlConnection connection, CatalogueObject one, CancellationToken cancellationToken)
    {
        var found = new List<string>();
        if (one.Kind is not (ObjectKind.Index or ObjectKind.Constraint)) return found;
        var command = new NpgsqlCommand(Invalid, connection) { Parameters = { new() { Value = options.Schema }, new() { Value = new[] { one.Name, RepairPlanner.Interim(one.FullName) } }, new() { Value = one.Parent } } };
        await using var _ = command.ConfigureAwait(false);
        var reader = await command.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false)) found.Add(reader.GetString(0));
        return found;
    }

    private async Task TryAsync(NpgsqlConnection connection, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        if (RepairStep.IsConcurrent(statements))
        {
            await ExecuteAsync(connection, statements[0], cancellationToken).ConfigureAwait(false);
            return;
        }
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        await ExecuteAsync(connection, RepairScript.LockTimeout, cancellationToken).ConfigureAwait(false);
        foreach (var sql in statements) await ExecuteAsync(connection, sql, cancellationToken).ConfigureAwait(false);
        await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
    }

    private async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        // No limit of time: VALIDATE and index builds take as long as the table is large, and let writes go on.
        var batch = new NpgsqlBatch(connection) { Timeout = 0, BatchCommands = { new(sql.Replace(CanonicalText.Schema, options.Schema, StringComparison.Ordinal)) } };
        await using var _ = batch.ConfigureAwait(false);
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }
}

/// <summary>A repair stopped at a statement; what was done before stands.</summary>
/// <param name="message">Which, why, and what to do.</param>
/// <param name="inner">What the server said.</param>
public sealed class SchemaRepairException(string message, Exception inner) : HoldfastException(message, inner)
{
    /// <summary>Whether somebody else's lock stopped it, so that it may go on as it is later.</summary>
    public bool IsBlocked => InnerException is PostgresException { SqlState: "55P03" or "40P01" or "40001" };
}
