using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Drift;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Rollout;

/// <summary>Compares a schema that has no history with what the files make that a baseline would record.</summary>
/// <param name="options">What a check of drift goes by.</param>
/// <param name="ignored">Findings that are accepted; null: none.</param>
internal sealed class BaselineCheck(DriftOptions options, IgnoreFile? ignored)
{
    /// <summary>What is missing, and what differs so that writes or reads fail, or data is open; with why there was no comparison, where there was none.</summary>
    /// <exception cref="SchemaException">The role may not make the comparison.</exception>
    public async Task<BaselineComparison> RunAsync(NpgsqlConnection connection, IReadOnlyList<MigrationFile> files, CancellationToken cancellationToken)
    {
        var numbers = files.Select(file => file.Version!.Text).ToHashSet(StringComparer.Ordinal);
        var migrations = options.Migrations.Where(migration => numbers.Contains(migration.Version)).ToList();
        var actual = await CatalogueReader.ReadAloneAsync(connection, CatalogueScope.Of(options.Schema), cancellationToken).ConfigureAwait(false);
        if (!actual.Exists) return new BaselineComparison([$"The schema {options.Schema} is missing."], null);
        var adopted = actual with { History = Adopted(migrations) };
        SchemaReference reference;
        try
        {
            reference = await SchemaReference.BuildAsync(connection, options.Schema, migrations, options.Declared(adopted, [adopted]), cancellationToken).ConfigureAwait(false);
        }
        catch (SchemaException e) when (RolloutCheck.CannotBeReplayed(e, isShipped: options.Origin.Length == 0))
        {
            return new BaselineComparison([], e.Message);
        }
        var findings = SchemaComparison.Compare(Expectation.Of(reference, actual, [actual]), actual)
            .Where(difference => !IsHistory(difference)).Select(difference => (IsNeverMade: IsNeverMade(difference), Finding: DriftFinding.Of(difference, "", options.Schema, repairable: false)))
            .Where(found => (found.IsNeverMade || found.Finding.Level == DriftLevel.Error) && ignored?.Covers(found.Finding) != true);
        return new BaselineComparison([.. findings.Select(found => $"{found.Finding.Title}: {found.Finding.Detail} (cache_key: {found.Finding.CacheKey})")], null);
    }

    /// <summary>Whether it is accepted that a thing is not there, by the line that <c>schema drift</c> would go by.</summary>
    /// <param name="name">What files make by name; which kind of constraint it is no name tells.</param>
    public bool IsAccepted(DeclaredName name)
    {
        if (ignored is null || name.Table.Schema != options.Schema) return false;
        var (kind, full) = name.Kind switch
        {
            DeclaredKind.Column => (ObjectKind.Column, $"{name.Table.Name}.{name.Name}"),
            DeclaredKind.Index => (ObjectKind.Index, $"{name.Table.Name}.{name.Name}"),
            DeclaredKind.Constraint => (ObjectKind.Constraint, $"{name.Table.Name}.{name.Name}"),
            _ => (ObjectKind.Table, name.Table.Name),
        };
        // With a table goes what belongs to it.
        return Classes(name.Kind).Any(one => ignored.Covers($"{one.Key} {kind} {full}")) || Classes(DeclaredKind.Table).Any(one => ignored.Covers($"{one.Key} {ObjectKind.Table} {name.Table.Name}"));
    }

    private static DriftClass[] Classes(DeclaredKind kind) => kind switch
    {
        DeclaredKind.Column => [DriftClasses.ColumnMissing],
        DeclaredKind.Index => [DriftClasses.IndexMissing],
        DeclaredKind.Constraint => [DriftClasses.Key, DriftClasses.Check, DriftClasses.ForeignKey],
        _ => [DriftClasses.TableMissing, DriftClasses.Partition],
    };

    // As it will be recorded: what access declares goes by the version.
    private static List<HistoryEntry> Adopted(List<Migration> migrations) =>
        [.. migrations.Select(migration => new HistoryEntry(migration.Version, "B", "baseline", migration.Checksum, "", migration.Script))];

    // A file that is recorded never runs: what it makes and is not there, an index too, would never be.
    private static bool IsNeverMade(Difference difference) => difference is { Actual: null, Object.Kind: not (ObjectKind.Role or ObjectKind.DefaultPrivileges) };

    // It is made where it is missing.
    private static bool IsHistory(Difference difference) => difference is { Actual: null, Object: { Kind: ObjectKind.Table, Name: "schema_versions" } };
}
