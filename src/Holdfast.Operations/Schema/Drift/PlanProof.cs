using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>What the proof of a plan came to.</summary>
/// <param name="Proved">The steps that ran in the copy, in order.</param>
/// <param name="Refused">Steps that did not, with the server's reason; they are no part of the plan.</param>
/// <param name="Left">What still differed in the copy afterwards.</param>
/// <param name="Owner">Who ran what is the owner's; null: who came ran all.</param>
internal sealed record ProofResult(IReadOnlyList<RepairStep> Proved, IReadOnlyList<(RepairStep Step, string Reason)> Refused, IReadOnlyList<Difference> Left, SchemaOwner? Owner)
{
    /// <summary>Whether all that is left is what the plan never said it would mend.</summary>
    public bool Holds => !Left.Any(difference => Proved.Any(step => step.Difference.CacheKey == difference.CacheKey));
}

/// <summary>
/// Proves a plan before anything is changed: the schema as it is is made again, without rows, in a scratch schema inside one
/// transaction; the copy is read and must be the same; the plan is run on it; it is read and compared again; all is rolled back.
/// </summary>
/// <remarks>What rows say (a CHECK that they violate, duplicates) is only seen when the plan is run for good; that stops there and says so.</remarks>
internal static class PlanProof
{
    // What an empty copy cannot have: an index whose build failed, a sequence behind its rows.
    private static readonly DriftClass[] OfRowsOnly = [DriftClasses.IndexInvalid, DriftClasses.Sequence, DriftClasses.ColumnOrder];

    // Whether a role may add a foreign key to a table; a stand-in says nothing of that.
    private const string MayRefer = """
        select has_schema_privilege($3, n.oid, 'usage') and (has_table_privilege($3, c.oid, 'references') or has_any_column_privilege($3, c.oid, 'references'))
        from pg_class c join pg_namespace n on n.oid = c.relnamespace where n.nspname = $1 and c.relname = $2
        """;

    /// <param name="connection">The server itself, without a transaction.</param>
    /// <param name="actual">The schema as it is.</param>
    /// <param name="expected">As it should be.</param>
    /// <param name="steps">The plan.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="SchemaException">No faithful copy can be made there, so nothing can be proved.</exception>
    public static async Task<ProofResult> RunAsync(NpgsqlConnection connection, CatalogueSnapshot actual, CatalogueSnapshot expected, IReadOnlyList<RepairStep> steps, CancellationToken cancellationToken)
    {
        var transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        await using var _ = transaction.ConfigureAwait(false);
        var result = await RunAsync(transaction, actual, expected, steps, cancellationToken).ConfigureAwait(false);
        await transaction.RollbackAsync(CancellationToken.None).ConfigureAwait(false);
        return result;
    }

    /// <summary>The same inside of a transaction that the caller rolls back.</summary>
    public static async Task<ProofResult> RunAsync(NpgsqlTransaction transaction, CatalogueSnapshot actual, CatalogueSnapshot expected, IReadOnlyList<RepairStep> steps, CancellationToken cancellationToken)
    {
        var connection = transaction.Connection!;
        var owner = await SchemaOwner.ToBeAsync(connection, actual.Facts, cancellationToken).ConfigureAwait(false);
        var stands = new StandIns((await LiveSchemas.ReadAsync(connection, actual.Facts.Schema, cancellationToken).ConfigureAwait(false)).Others);
        var (scratch, maker) = (ScratchName.New(), MakerOf(owner, actual));
        var asOwner = owner is null ? "reset role" : CatalogueDdl.AsRole(owner.Name);
        var copy = CatalogueDdl.Statements(actual, maker).Select(sql => stands.Lead(Place(sql, scratch))).ToList();
        var planned = steps.Select(step => step.Statements.SelectMany(Split).Select(sql => stands.Lead(Place(sql, scratch))).ToList()).ToList();
        var scope = new CatalogueScope(scratch, actual.Facts.Schema) { Owner = maker, StandIns = stands.Originals };
        await CopyAsync(connection, actual, copy, scope, stands, owner, cancellationToken).ConfigureAwait(false);

        var (proved, refused) = (new List<RepairStep>(), new List<(RepairStep, string)>());
        for (var i = 0; i < steps.Count; i++)
        {
            var step = steps[i];
            if (await LacksAsync(connection, step, stands, maker, cancellationToken).ConfigureAwait(false) is { } lacks)
            {
                refused.Add((step, lacks));
                continue;
            }
            await transaction.SaveAsync("step", cancellationToken).ConfigureAwait(false);
            try
            {
                // The comment last: ALTER DOMAIN … DROP CONSTRAINT forgets to say that it has changed something, and no savepoint can follow it.
                await RunAsync(connection, [step.IsTheOwners ? asOwner : "reset role", .. planned[i], asOwner, $"comment on schema \"{scope.Schema}\" is '{proved.Count}'", "reset role"], cancellationToken).ConfigureAwait(false);
                proved.Add(step);
            }
            catch (PostgresException e)
            {
                await transaction.RollbackAsync("step", cancellationToken).ConfigureAwait(false);
                refused.Add((step, $"{e.MessageText} ({e.SqlState})"));
            }
        }
        var repaired = await CatalogueReader.ReadAsync(connection, scope, cancellationToken).ConfigureAwait(false);
        var left = SchemaComparison.Compare(expected, AsOwnedBy(repaired, proved.Any(step => step.Difference.Object.Kind == ObjectKind.Schema && step.Difference.Class == DriftClasses.Owner) ? expected : actual));
        // Where the rules are on and a policy is missing, readers see nothing and no error.
        foreach (var step in proved.Where(step => step.Difference.Class == DriftClasses.RowSecurity).ToList())
            if (left.FirstOrDefault(other => other.Object.Kind == ObjectKind.Policy && other.Object.Parent == step.Difference.Object.Name && other.Actual is null) is { } policy)
            {
                proved.Remove(step);
                refused.Add((step, $"its policy {policy.Object.Name} cannot be made, and without it the table would show no rows"));
            }
        return new ProofResult(proved, refused, left, owner);
    }

    private static string MakerOf(SchemaOwner? owner, CatalogueSnapshot actual) => owner?.Name ?? actual.Facts.Role;

    private static async Task<string?> LacksAsync(NpgsqlConnection connection, RepairStep step, StandIns stands, string maker, CancellationToken cancellationToken)
    {
        foreach (var table in step.Statements.SelectMany(sql => stands.ReferredBy(Named(sql))))
        {
            var command = new NpgsqlCommand(MayRefer, connection) { Parameters = { new() { Value = table.Schema }, new() { Value = table.Name }, new() { Value = maker } } };
            await using var _ = command.ConfigureAwait(false);
            if (await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false) is false)
                return $"the role {maker} may not refer to {table}: grant usage on schema {SqlQuote.Name(table.Schema!)} to {SqlQuote.Name(maker)}; grant references on {table.Quoted} to {SqlQuote.Name(maker)}";
        }
        return null;
    }

    private static async Task CopyAsync(NpgsqlConnection connection, CatalogueSnapshot actual, IReadOnlyList<string> statements, CatalogueScope scope, StandIns stands, SchemaOwner? owner, CancellationToken cancellationToken)
    {
        try
        {
            var become = owner is null ? "reset role" : CatalogueDdl.AsRole(owner.Name);
            var schemas = stands.Scratch.Prepend(scope.Schema);
            await RunAsync(connection,
                ["set local lock_timeout = '2s'", "set local statement_timeout = '60s'", "set local client_min_messages = error",
                    // A migrator may make none, its owner may; an administrator may, and its owner need not.
                    .. owner is { MayCreateSchemas: false } ? [.. schemas.Select(schema => $"create schema \"{schema}\" authorization {SqlQuote.Name(owner.Name)}"), become] : (string[])[become, .. schemas.Select(schema => $"create schema \"{schema}\"")]],
                cancellationToken).ConfigureAwait(false);
            await stands.MakeAsync(connection, withRows: false, cancellationToken).ConfigureAwait(false);
            await RunAsync(connection, [.. statements, "reset role"], cancellationToken).ConfigureAwait(false);
        }
        catch (PostgresException e)
        {
            throw new SchemaException($"No scratch copy of the schema can be made there: {e.MessageText} ({e.SqlState}), in: {e.BatchCommand?.CommandText.ReplaceLineEndings(" ")}. Without it no repair can be proved; repair by hand.", e);
        }
        var copy = AsOwnedBy(await CatalogueReader.ReadAsync(connection, scope, cancellationToken).ConfigureAwait(false), actual);
        // Roles and the database are the same for both: who changes those meanwhile makes the copy no worse.
        var unlike = SchemaComparison.Compare(actual, copy).FirstOrDefault(difference => !ObjectKind.IsOutside(difference.Object.Kind) && !OfRowsOnly.Contains(difference.Class) && difference.Properties is not ["enforced"]);
        if (unlike is not null) throw new SchemaException($"The scratch copy of the schema is not like it: {unlike.Detail} Without a faithful copy no repair can be proved; repair by hand.");
    }

    // The copy belongs to whoever runs this; who owns the schema itself no copy can say.
    private static CatalogueSnapshot AsOwnedBy(CatalogueSnapshot copy, CatalogueSnapshot actual)
    {
        var objects = new Dictionary<ObjectKey, CatalogueObject>(copy.Objects);
        if (copy.Find(ObjectKind.Schema, "", CanonicalText.Schema) is { } schema && actual.Find(ObjectKind.Schema, "", CanonicalText.Schema) is { } original)
            objects[schema.Key] = schema.With(("owner", original["owner"]), ("objects_owner", original["objects_owner"]), ("comment", original.Properties.GetValueOrDefault("comment")));
        return copy with { Objects = objects };
    }

    private static async Task RunAsync(NpgsqlConnection connection, IReadOnlyList<string> statements, CancellationToken cancellationToken)
    {
        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        foreach (var sql in statements) batch.BatchCommands.Add(new(sql));
        await batch.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    private static IEnumerable<string> Split(string sql) => SqlScript.Parse(Named(sql)).Statements.Select(statement => ScratchName.WithoutConcurrently(statement)).Select(text => text.Replace(Stand, CanonicalText.Schema, StringComparison.Ordinal));

    // The tokenizer knows no braces outside of texts.
    private const string Stand = "holdfast_schema_stands_here";

    private static string Named(string sql) => sql.Replace(CanonicalText.Schema, Stand, StringComparison.Ordinal);

    private static string Place(string sql, string schema) => sql.Replace(CanonicalText.Schema, schema, StringComparison.Ordinal);
}
