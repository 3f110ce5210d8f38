using System.Collections.Concurrent;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Sessions;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>Compares every provider with what its migrations make there, and the providers with each other. All are read at the same time.</summary>
internal sealed class DriftCheck(IReadOnlyList<DriftTarget> targets, DriftOptions options)
{
    // A migration that comes in between is read too; who migrates without end is compared with what was there last.
    private const int RoundsMax = 3;

    private readonly ConcurrentBag<NpgsqlConnection> _connections = [];

    // With several, none is kept locked while others are waited for, which may not answer for long.
    private bool IsLockGivenBack => targets.Count > 1;

    /// <exception cref="SchemaException">The model that was named does not answer.</exception>
    public async Task<DriftReport> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var readings = await Task.WhenAll(targets.Select(target => ReadAsync(target, cancellationToken))).ConfigureAwait(false);
            for (var (round, changed) = (0, true); changed && round < RoundsMax; round++)
            {
                var before = readings;
                // What is declared of one depends on what the others have.
                readings = await Task.WhenAll(before.Select(reading => ReplayAsync(reading, Read(before), cancellationToken))).ConfigureAwait(false);
                changed = before.Zip(readings).Any(pair => IsChanged(pair.First.Actual, pair.Second.Actual));
            }
            return Report(readings);
        }
        finally
        {
            foreach (var connection in _connections) await connection.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static List<CatalogueSnapshot> Read(DriftReading[] readings) => [.. readings.Where(reading => reading.Actual is { Exists: true }).Select(reading => reading.Actual!)];

    private static bool IsChanged(CatalogueSnapshot? before, CatalogueSnapshot? after) =>
        before is not null && after is not null && before != after && (!before.History.SequenceEqual(after.History) || before.Fingerprint != after.Fingerprint);

    private DriftReport Report(DriftReading[] readings)
    {
        var model = options.Against is null ? null : readings.FirstOrDefault(reading => reading.Target.Name == options.Against)
            ?? throw new InvalidInputException("against", $"there is no provider '{options.Against}' among those that are compared.");
        if (model is { Actual: null }) throw model.Error!;
        var all = Read(readings);
        return new DriftReport([.. readings.Where(reading => reading != model).Select(reading => reading.Actual is null ? new ProviderDrift(reading.Target, null, null, [], [], reading.Error) : Judge(reading, model, readings, all))]);
    }

    /// <summary>The differences of one provider that is read again, against what was expected of it before.</summary>
    public static IReadOnlyList<Difference> Compare(CatalogueSnapshot expected, CatalogueSnapshot actual) => SchemaComparison.Compare(expected, actual);

    private ProviderDrift Judge(DriftReading reading, DriftReading? model, DriftReading[] readings, List<CatalogueSnapshot> all)
    {
        var (name, actual) = (reading.Target.Name, reading.Actual!);
        var findings = new List<DriftFinding>();
        var history = model is null ? HistoryCheck.Own(actual, options).ToList() : [];
        var others = readings.Where(other => other != reading && other.Actual is not null && (model is null || other == model)).Select(other => (other.Target.Name, other.Actual!)).ToList();
        if (history.All(fault => fault.Waits) && HistoryCheck.Against(actual, others, options) is { } behind) history.Add(behind);
        if (history.Count > 0) findings.Add(DriftFinding.OfHistory(string.Join(" ", history.Select(fault => fault.What)), name, options.Schema, $"holdfast schema {history[0].Run}{options.Origin} --provider {name}"));
        if (!actual.Exists || (model is null && reading.Reference is null)) return new ProviderDrift(reading.Target, actual, null, [], findings);

        var expected = WithoutFaults(model is null ? Expectation.Of(reading.Reference!, actual, options.PeersAsFar ? [.. all.Where(one => HistoryCheck.IsAsFar(one, actual))] : all) : Expectation.OfModel(model.Actual!, actual), model is not null);
        var waiting = reading.Reference?.Waiting;
        if (waiting is not null) expected = waiting.AsItIs(expected, actual);
        var differences = SchemaComparison.Compare(expected, actual);
        findings.AddRange(differences.Select(difference => RepairPlanner.StepsOf(difference, expected, actual) is not null ? DriftFinding.Of(difference, name, options.Schema, repairable: true)
            : DriftFinding.Of(difference, name, options.Schema, repairable: false, RunOf(difference, reading.Reference?.Declared, name))));
        return new ProviderDrift(reading.Target, actual, expected, differences, findings) { NotJudged = [.. waiting?.Files.Select(file => file.Script) ?? []], LeftOut = reading.Reference?.LeftOut ?? [] };
    }

    // Nobody is meant to have expired, though every provider has it so; nor are foreign keys meant to be switched off, though the model has.
    private static CatalogueSnapshot WithoutFaults(CatalogueSnapshot expected, bool isModel) => expected with
    {
        Objects = expected.Objects.ToDictionary(pair => pair.Key, pair => pair.Value switch
        {
            { Kind: ObjectKind.Role } role when role.Has("expired") => role.With(("expired", null)),
            { Kind: ObjectKind.Constraint } constraint when isModel && constraint.Has("enforced") => constraint.With(("enforced", null)),
            var one => one,
        }),
    };

    // No repair makes a role, or an owner of what has never been one's.
    private static string? RunOf(Difference difference, Declaration? declared, string provider) =>
        declared?.Owner is not null && (difference.Object.Kind == ObjectKind.Role ? difference.Actual is null && declared.Roles.Any(role => role.Name == difference.Object.Name) : difference.Object.Kind == ObjectKind.Schema && difference.Class == DriftClasses.Owner)
            ? $"{declared.Run} --provider {provider}" : null;

    private async Task<DriftReading> ReadAsync(DriftTarget target, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await OpenAsync(target, cancellationToken).ConfigureAwait(false);
            _connections.Add(connection);
            await OwnerRole.AssumeWhereNeededAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false);
            await MigrationLock.TakeSharedAsync(connection, options.LockWaitMax, options.Time, cancellationToken).ConfigureAwait(false);
            var actual = await CatalogueReader.ReadAloneAsync(connection, options.Scope, cancellationToken).ConfigureAwait(false);
            if (actual.Facts.IsHistoryHidden)
                throw new StoreUnavailableException($"{target.Address}: the role {actual.Facts.Role} may not read {options.Schema}.schema_versions, so which migrations it has had is not known. Grant it: grant usage on schema {options.Schema} to {SqlQuote.Name(actual.Facts.Role)}; grant select on {options.Schema}.schema_versions to {SqlQuote.Name(actual.Facts.Role)}", new UnauthorizedAccessException());
            if (IsLockGivenBack) await MigrationLock.ReleaseSharedAsync(connection, cancellationToken).ConfigureAwait(false);
            return new DriftReading(target, actual, null, null, connection);
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException or TimeoutException)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            return new DriftReading(target, null, null, Translated(e, target));
        }
    }

    private async Task<DriftReading> ReplayAsync(DriftReading reading, IReadOnlyList<CatalogueSnapshot> all, CancellationToken cancellationToken)
    {
        if (reading.Connection is not { } connection || !IsReplayed(reading.Actual!)) return reading;
        var target = reading.Target;
        try
        {
            var actual = reading.Actual!;
            if (IsLockGivenBack)
            {
                await MigrationLock.TakeSharedAsync(connection, options.LockWaitMax, options.Time, cancellationToken).ConfigureAwait(false);
                actual = await CatalogueReader.ReadAloneAsync(connection, options.Scope, cancellationToken).ConfigureAwait(false);
            }
            var reference = !IsReplayed(actual) ? null : await SchemaReference.BuildAsync(connection, options.Schema, HistoryCheck.Had(actual, options), options.Declared(actual, all), cancellationToken, HistoryCheck.Waiting(actual, options)).ConfigureAwait(false);
            if (IsLockGivenBack) await MigrationLock.ReleaseSharedAsync(connection, cancellationToken).ConfigureAwait(false);
            return reading with { Actual = actual, Reference = reference };
        }
        catch (SchemaException e) when (e.InnerException is PostgresException { SqlState: PostgresErrorCodes.ReadOnlySqlTransaction })
        {
            var why = await WritesOff.WhyAsync(connection, cancellationToken).ConfigureAwait(false);
            await connection.DisposeAsync().ConfigureAwait(false);
            return new DriftReading(target, null, null, why is null ? e : new SchemaException($"{target.Address} takes no writes, so its migrations cannot be replayed there (that is rolled back, but it writes). {why} Or compare with another provider: --against NAME.", e));
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException or TimeoutException)
        {
            await connection.DisposeAsync().ConfigureAwait(false);
            return new DriftReading(target, null, null, Translated(e, target));
        }
    }

    // Files that are not those that were applied say nothing of what should be there, and nobody knows what they would do here.
    private bool IsReplayed(CatalogueSnapshot actual) => options.Against is null && actual.Exists && !HistoryCheck.Own(actual, options).Any(fault => fault.StopsReplay);

    private static Exception Translated(Exception error, DriftTarget target) => error is HoldfastException ? error : PostgresErrors.Translate(error, target.Address);

    /// <summary>A connection of its own, to the server itself.</summary>
    public static Task<NpgsqlConnection> OpenAsync(DriftTarget target, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(target.Settings.ConnectionString) { Pooling = false, IncludeFailedBatchedCommand = true, ApplicationName = "holdfast schema drift" };
        if (settings.CommandTimeout is > 0 and < 60) settings.CommandTimeout = 60;
        return PostgresSource.OpenAsync(settings, target.Address, cancellationToken);
    }

    // Without an error and a reference: what should be there is not known, or another provider says it.
    private sealed record DriftReading(DriftTarget Target, CatalogueSnapshot? Actual, SchemaReference? Reference, Exception? Error, NpgsqlConnection? Connection = null);
}
