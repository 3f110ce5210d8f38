using System.Text.RegularExpressions;
using Holdfast.Operations.Schema.Catalogue;
using Holdfast.Operations.Schema.Sql;
using Holdfast.Stores.Migrations;
using Npgsql;

namespace Holdfast.Operations.Schema.Drift;

/// <summary>
/// Repeatable files that have changed and wait: what they make is there as their older text made it, and that text is not at hand. So the
/// files are replayed without them and with them, and what differs between the two is not judged.
/// </summary>
/// <param name="Files">Those, and others that cannot run without them.</param>
/// <param name="Unknown">Those of them that cannot run as the server is (they may need a file that is pending): what they make is known by what their text names only.</param>
/// <param name="With">The schema with them.</param>
/// <param name="Without">The schema without them.</param>
internal sealed record WaitingFiles(IReadOnlyList<Migration> Files, IReadOnlyList<Migration> Unknown, CatalogueSnapshot With, CatalogueSnapshot Without)
{
    private const string Savepoint = "holdfast_file";

    // Said of a thing beside what it is.
    private static readonly string[] Aside = ["grants", "comment", "owner", "rls", "force_rls"];

    /// <summary>Those that may be replayed; the others are as those that fail.</summary>
    public static IReadOnlyList<(Migration Migration, SqlScript? Script)> Read(IReadOnlyList<Migration> waiting, string name, StandIns stands, ICollection<string> leftOut)
    {
        var read = new List<(Migration, SqlScript?)>();
        foreach (var migration in waiting)
        {
            try
            {
                read.Add((migration, ReplayRules.Read(migration, name, stands, leftOut)));
            }
            catch (SchemaException)
            {
                // It waits, and nothing is judged by it: migrate tells why it cannot run.
                read.Add((migration, null));
            }
        }
        return read;
    }

    /// <summary>Replays all, without those that wait and with them.</summary>
    /// <param name="transaction">Rolled back by the caller.</param>
    /// <param name="replay">Begun.</param>
    /// <param name="scripts">The files that have not changed.</param>
    /// <param name="waiting">Those that have; without what is run, where it cannot be.</param>
    /// <param name="access">What access declares.</param>
    /// <param name="scope">What is read.</param>
    /// <param name="declared">What is declared beside them.</param>
    /// <param name="mayFail">A row that refers to none is the file's fault, and not that of a stand-in without rows.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<SchemaReference> BuildAsync(
        NpgsqlTransaction transaction, Replay replay, IReadOnlyList<ReplayedFile> scripts, IReadOnlyList<(Migration Migration, SqlScript? Script)> waiting, IReadOnlyList<SqlScript> access,
        CatalogueScope scope, Declaration declared, bool mayFail, CancellationToken cancellationToken)
    {
        foreach (var file in scripts.Where(file => file.Migration.Version.Length > 0)) replay.Add(file.Migration.Script, file.Script);
        await replay.RunAsync(cancellationToken).ConfigureAwait(false);
        var repeatable = scripts.Where(file => file.Migration.Version.Length == 0).Select(file => (file.Migration, Script: (SqlScript?)file.Script)).ToList();

        await transaction.SaveAsync("holdfast_waiting", cancellationToken).ConfigureAwait(false);
        var (without, failedWithout) = await RunAsync(repeatable).ConfigureAwait(false);
        await transaction.RollbackAsync("holdfast_waiting", cancellationToken).ConfigureAwait(false);
        // In the order in which they are run.
        var (with, failed) = await RunAsync(repeatable.Concat(waiting).OrderBy(file => file.Migration.Script, StringComparer.Ordinal)).ConfigureAwait(false);

        var files = waiting.Select(file => file.Migration).Concat(failedWithout).Concat(failed).Distinct().ToList();
        return new SchemaReference(without, SchemaReference.ExtensionsOf(scripts.Select(file => file.Script)), declared) { Waiting = new WaitingFiles(files, failed, with, without) };

        async Task<(CatalogueSnapshot Snapshot, List<Migration> Failed)> RunAsync(IEnumerable<(Migration Migration, SqlScript? Script)> files)
        {
            var failures = new List<Migration>();
            foreach (var (migration, script) in files)
            {
                if (script is null || !await IsRunAsync(migration, script).ConfigureAwait(false)) failures.Add(migration);
            }
            foreach (var script in access) replay.Add(Replay.Access, script);
            await replay.RunAsync(cancellationToken).ConfigureAwait(false);
            return (await CatalogueReader.ReadAsync(transaction.Connection!, scope, cancellationToken).ConfigureAwait(false), failures);
        }

        async Task<bool> IsRunAsync(Migration migration, SqlScript script)
        {
            await transaction.SaveAsync(Savepoint, cancellationToken).ConfigureAwait(false);
            replay.Add(migration.Script, script);
            try
            {
                await replay.RunAsync(cancellationToken).ConfigureAwait(false);
                return true;
            }
            catch (SchemaException e) when (mayFail || e.InnerException is not PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation })
            {
                await transaction.RollbackAsync(Savepoint, cancellationToken).ConfigureAwait(false);
                return false;
            }
        }
    }

    /// <summary>What is expected, with all that is not judged as it is there.</summary>
    /// <param name="expected">By the files that do not wait.</param>
    /// <param name="actual">As it is.</param>
    public CatalogueSnapshot AsItIs(CatalogueSnapshot expected, CatalogueSnapshot actual)
    {
        var objects = new Dictionary<ObjectKey, CatalogueObject>(expected.Objects);
        foreach (var key in expected.Objects.Keys.Union(actual.Objects.Keys).Union(With.Objects.Keys))
        {
            if (ObjectKind.IsOutside(key.Kind)) continue;
            var there = actual.Objects.GetValueOrDefault(key);
            if (IsTheirs(key, isExtra: !expected.Objects.ContainsKey(key)))
            {
                if (there is null) objects.Remove(key);
                else objects[key] = there;
            }
            else if (there is not null && objects.TryGetValue(key, out var wanted))
                objects[key] = wanted.With([.. Said(key, wanted, there).Select(property => (property, there.Properties.GetValueOrDefault(property)))]);
        }
        return expected with { Objects = objects };
    }

    // The whole of it: one that only they make, or that they make anew.
    private bool IsTheirs(ObjectKey key, bool isExtra)
    {
        if (IsWhollyTheirs(key) || (key.Parent.Length > 0 && (IsWhollyTheirs(new ObjectKey(ObjectKind.Table, "", key.Parent)) || IsWhollyTheirs(new ObjectKey(ObjectKind.View, "", key.Parent))))) return true;
        if (key.Kind is not (ObjectKind.Function or ObjectKind.View or ObjectKind.Trigger or ObjectKind.Policy or ObjectKind.Rule)) return false;
        // What their text names, be it to drop it, came from the text before.
        return (isExtra && Files.Any(file => Names(file, key.Name))) || Unknown.Any(file => Names(file, key.Name) || (key.Parent.Length > 0 && Names(file, key.Parent)));
    }

    private bool IsWhollyTheirs(ObjectKey key)
    {
        var (with, without) = (With.Objects.GetValueOrDefault(key), Without.Objects.GetValueOrDefault(key));
        if (with is null || without is null) return with != without;
        return key.Kind is not (ObjectKind.Table or ObjectKind.Column or ObjectKind.Schema or ObjectKind.Sequence) && Changed(with, without).Any(property => !Aside.Contains(property));
    }

    private IEnumerable<string> Said(ObjectKey key, CatalogueObject wanted, CatalogueObject there)
    {
        var changed = With.Objects.TryGetValue(key, out var with) && Without.Objects.TryGetValue(key, out var without) ? Changed(with, without) : [];
        // Who grants may have granted otherwise before.
        var said = Unknown.Any(file => Names(file, key.Name)) ? Aside : Files.Any(file => Names(file, key.Name) && (Names(file, "grant") || Names(file, "revoke"))) ? ["grants"] : (string[])[];
        return changed.Concat(said.Where(property => property != "owner" && (wanted.Has(property) || there.Has(property)))).Distinct();
    }

    private static IEnumerable<string> Changed(CatalogueObject one, CatalogueObject other) =>
        one.Compared.Concat(other.Compared).Select(property => property.Key).Distinct().Where(property => property != "position" && one[property] != other[property]);

    // By its name, wherever the file says it.
    private static bool Names(Migration file, string name) => Regex.IsMatch(file.Sql, $@"(?<!\w){Regex.Escape(name.Split('(')[0])}(?!\w)", RegexOptions.IgnoreCase);
}
