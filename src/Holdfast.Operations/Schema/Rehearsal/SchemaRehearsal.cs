using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Postgres;
using Npgsql;

namespace Holdfast.Operations.Schema.Rehearsal;

/// <summary>
/// The second depth of a dry run: in a scratch database on the provider's own server the files that it has had are replayed, then
/// what is pending is applied, taken back and applied again, with real locks and real concurrent builds, and the schema is compared each time.
/// </summary>
/// <remarks>The provider's rows take no part, only those that its files insert: what depends on them (a CHECK that they violate, how long a build takes) only the server itself can tell.</remarks>
internal sealed class SchemaRehearsal(MigrationTarget target)
{
    private static readonly MigrationOptions Anything = new() { AllowDestructive = "rehearsal in a scratch database", AllowDataLoss = true, OutOfOrder = true };

    /// <summary>Rehearses; changes nothing outside of the scratch database.</summary>
    /// <exception cref="MigrationFailedException">A file fails there.</exception>
    /// <exception cref="SchemaException">
    /// The role may not create databases, the history is not one of these files, or one of them would change what all databases of the server share.
    /// </exception>
    public async Task<RehearsalReport> RunAsync(IProgress<MigrationEvent>? progress, CancellationToken cancellationToken)
    {
        var rows = await target.ReadAsync(cancellationToken).ConfigureAwait(false);
        var plan = target.Plan(rows);
        if (plan.Unfinished is { } unfinished) throw new SchemaException($"{target.Name}: {unfinished.Script} is {unfinished.State}. Go on with it first: holdfast schema resume");
        if (plan.Pending.Count == 0) return new RehearsalReport([], [], [], []);
        ReachOfFiles.Check(target, rows, plan);
        try
        {
            var server = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
            var scratch = await ScratchDatabase.CreateAsync(server, target.Schema, name => progress?.Report(new MigrationEvent(MigrationEventKind.Progress, "", $"dropped {name}, which a rehearsal that was killed had left")), cancellationToken).ConfigureAwait(false);
            await using var _ = scratch.ConfigureAwait(false);
            return await RunAsync(scratch.Name, plan, rows, progress, cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e)
        {
            throw PostgresErrors.Translate(e, target.Name);
        }
    }

    private async Task<RehearsalReport> RunAsync(string database, MigrationPlan plan, IReadOnlyList<HistoryRow> rows, IProgress<MigrationEvent>? progress, CancellationToken cancellationToken)
    {
        // What it has had is made without a word; what is told is what is rehearsed.
        // All that the history lacks stays away from it, also what lies below a file that was applied.
        var lacking = MigrationPlan.Make(target.Set, rows, target.Schema, Anything, target.Name).Pending.Select(file => file.File.Script).ToHashSet(StringComparer.Ordinal);
        var before = target.In(database, Anything with { Without = lacking });
        if (rows.Any(row => row.IsCurrent)) await new SchemaMigrator(before).MigrateAsync(null, cancellationToken).ConfigureAwait(false);
        var start = await ReadAsync(before, cancellationToken).ConfigureAwait(false);

        var all = target.In(database, target.Options with { AllowDestructive = Anything.AllowDestructive, AllowDataLoss = true });
        var applied = await new SchemaMigrator(all).MigrateAsync(progress, cancellationToken).ConfigureAwait(false);
        var end = await ReadAsync(all, cancellationToken).ConfigureAwait(false);

        var withoutUndo = plan.Pending.Where(file => file.File.Version is not { } version || target.Set.Undo(version) is null).Select(file => file.File.Script).ToList();
        if (withoutUndo.Count > 0) return new RehearsalReport(applied, withoutUndo, [], []);
        await new SchemaUndo(all).RunAsync(plan.Pending.Count, null, "rehearsal", progress, cancellationToken).ConfigureAwait(false);
        var undone = await ReadAsync(all, cancellationToken).ConfigureAwait(false);
        await new SchemaMigrator(all).MigrateAsync(progress, cancellationToken).ConfigureAwait(false);
        var again = await ReadAsync(all, cancellationToken).ConfigureAwait(false);
        return new RehearsalReport(applied, [], Differences(start, undone), Differences(end, again));
    }

    private static async Task<CatalogueSnapshot> ReadAsync(MigrationTarget target, CancellationToken cancellationToken)
    {
        var connection = await target.OpenAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = connection.ConfigureAwait(false);
        return await CatalogueReader.ReadAloneAsync(connection, CatalogueScope.Of(target.Schema), cancellationToken).ConfigureAwait(false);
    }

    // Where a column stands in its table no undo can bring back, and nobody needs it. The history's own table stays. Roles belong to the whole
    // server, where somebody else may change them meanwhile; a file that does is not rehearsed.
    private List<string> Differences(CatalogueSnapshot expected, CatalogueSnapshot actual) =>
        [.. SchemaComparison.Compare(expected, actual)
            .Where(difference => difference.Class != DriftClasses.ColumnOrder && difference.Object.Kind != ObjectKind.Role && (expected.Exists || (difference.Object.Kind != ObjectKind.Schema && difference.Object.Name != "schema_versions")))
            .Select(difference => difference.Detail.Replace(CanonicalText.Schema, target.Schema, StringComparison.Ordinal))];
}

/// <summary>What a rehearsal came to.</summary>
/// <param name="Applied">The files that ran.</param>
/// <param name="WithoutUndo">Files that cannot be taken back; where there are some, the way back was not rehearsed.</param>
/// <param name="LeftByUndo">What differed from the start after all were taken back.</param>
/// <param name="LeftByRepeat">What differed after they were applied once more.</param>
internal sealed record RehearsalReport(IReadOnlyList<MigrationStep> Applied, IReadOnlyList<string> WithoutUndo, IReadOnlyList<string> LeftByUndo, IReadOnlyList<string> LeftByRepeat)
{
    public bool Holds => LeftByUndo.Count == 0 && LeftByRepeat.Count == 0;
}
