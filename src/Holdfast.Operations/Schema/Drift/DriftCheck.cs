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
    /// <exception cref="SchemaException">The model that was named does not answer.</exception>
    public async Task<DriftReport> RunAsync(CancellationToken cancellationToken)
    {
        var readings = await Task.WhenAll(targets.Select(target => ReadAsync(target, cancellationToken))).ConfigureAwait(false);
        var all = readings.Where(reading => reading.Actual is { Exists: true }).Select(reading => reading.Actual!).ToList();
        // What is declared of one depends on what the others have.
        readings = await Task.WhenAll(readings.Select(reading => ReplayAsync(reading, all, cancellationToken))).ConfigureAwait(false);
        var model = options.Against is null ? null : readings.FirstOrDefault(reading => reading.Target.Name == options.Against)
            ?? throw new InvalidInputException("against", $"there is no provider '{options.Against}' among those that are compared.");
        if (model is { Actual: null }) throw model.Error!;
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
        if (history.Count == 0 && HistoryCheck.Against(actual, others, options) is { } behind) history.Add(behind);
        if (history.Count > 0) findings.Add(DriftFinding.OfHistory(string.Join(" ", history.Select(fault => fault.What)), name, options.Schema, $"holdfast schema {history[0].Run}{options.Origin} --provider {name}"));
        if (!actual.Exists || (model is null && reading.Reference is null)) return new ProviderDrift(reading.Target, actual, null, [], findings);

        var expected = WithoutFaults(model is null ? Expectation.Of(reading.Reference!, actual, options.PeersAsFar ? [.. all.Where(one => HistoryCheck.IsAsFar(one, actual))] : all) : Expectation.OfModel(model.Actual!, actual), model is not null);
        var differences = SchemaComparison.Compare(expected, actual);
        findings.AddRange(differences.Select(difference => RepairPlanner.StepsOf(difference, expected, actual) is not null ? DriftFinding.Of(difference, name, options.Schema, repairable: true)
            : DriftFinding.Of(difference, name, options.Schema, repairable: false, RunOf(difference, reading.Reference?.Declared, name))));
        return new ProviderDrift(reading.Target, actual, expected, differences, findings);
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

    // The connection stays: the lock of migrations is held on it until everything is compared.
    private async Task<DriftReading> ReadAsync(DriftTarget target, CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await OpenAsync(target, cancellationToken).ConfigureAwait(false);
            await OwnerRole.AssumeWhereNeededAsync(connection, options.Schema, cancellationToken).ConfigureAwait(false);
            await MigrationLock.TakeSharedAsync(connection, options.LockWaitMax, options.Time, cancellationToken).ConfigureAwait(false);
            var actual = await CatalogueReader.ReadAloneAsync(connection, options.Scope, cancellationToken).ConfigureAwait(false);
            if (actual.Facts.IsHistoryHidden)
                throw new StoreUnavailableException($"{target.Address}: the role {actual.Facts.Role} may not read {options.Schema}.schema_versions, so which migrations it has had is not known. Grant it: grant usage on schema {options.Schema} to {SqlQuote.Name(actual.Facts.Role)}; grant select on {options.Schema}.schema_versions to {SqlQuote.Name(actual.Facts.Role)}", new UnauthorizedAccessException());
            return new DriftReading(target, actual, null, null, connection);
        }
        catch (Exception e)
        {
            if (connection is not null) await connection.DisposeAsync().ConfigureAwait(false);
            if (e is not (HoldfastException or NpgsqlException or TimeoutException)) throw;
            return new DriftReading(target, null, null, Translated(e, target));
        }
    }

    private async Task<DriftReading> ReplayAsync(DriftReading reading, IReadOnlyList<CatalogueSnapshot> all, CancellationToken cancellationToken)
    {
        if (reading.Connection is not { } connection) return reading;
        await using var _ = connection.ConfigureAwait(false);
        var (target, actual) = (reading.Target, reading.Actual!);
        // Files that are not those that were applied say nothing of what should be there, and nobody knows what they would do here.
        if (options.Against is not null || !actual.Exists || HistoryCheck.Own(actual, options).Any(fault => fault.StopsReplay)) return reading;
        try
        {
            return reading with { Reference = await SchemaReference.BuildAsync(connection, options.Schema, HistoryCheck.Had(actual, options), options.Declared(actual, all), cancellationToken).ConfigureAwait(false) };
        }
        catch (Exception e) when (e is HoldfastException or NpgsqlException or TimeoutException)
        {
            return new DriftReading(target, null, null, Translated(e, target));
        }
    }

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
