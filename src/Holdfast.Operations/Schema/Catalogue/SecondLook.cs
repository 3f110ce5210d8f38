using System.Globalization;
using Npgsql;

namespace Holdfast.Operations.Schema.Catalogue;

/// <summary>What can only be asked once the catalogue is known: the history, and how far the columns behind sequences are.</summary>
internal static class SecondLook
{
    public static async Task<IReadOnlyList<HistoryEntry>> TakeAsync(
        NpgsqlConnection connection, CatalogueScope scope, bool hasHistory, Dictionary<ObjectKey, CatalogueObject> objects, CancellationToken cancellationToken)
    {
        var history = new List<HistoryEntry>();
        var sequences = objects.Values.Where(one => one.Kind == ObjectKind.Sequence && one.Has("~max_query")).ToList();
        if (!hasHistory && sequences.Count == 0) return history;

        var batch = new NpgsqlBatch(connection);
        await using var _ = batch.ConfigureAwait(false);
        foreach (var sequence in sequences) batch.BatchCommands.Add(new(sequence.Sql("~max_query")));
        if (hasHistory) batch.BatchCommands.Add(new($"select version, kind, state, checksum, chain_hash, script from \"{scope.Schema}\".schema_versions order by installed_rank"));
        var reader = await batch.ExecuteReaderAsync(cancellationToken).ConfigureAwait(false);
        await using var __ = reader.ConfigureAwait(false);
        foreach (var sequence in sequences)
        {
            var max = await reader.ReadAsync(cancellationToken).ConfigureAwait(false) && !reader.IsDBNull(0) ? reader.GetInt64(0) : (long?)null;
            await reader.NextResultAsync(cancellationToken).ConfigureAwait(false);
            objects[sequence.Key] = WithPlace(sequence, max);
        }
        while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            history.Add(new HistoryEntry(reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetString(1), reader.GetString(2), reader.GetString(3), reader.GetString(4), reader.GetString(5)));
        return history;
    }

    private static CatalogueObject WithPlace(CatalogueObject sequence, long? max)
    {
        if (max is not { } highest || sequence["~readable"] != "true" || sequence["increment"].StartsWith('-')) return sequence;
        var last = sequence.Has("~last") ? long.Parse(sequence["~last"], CultureInfo.InvariantCulture) : (long?)null;
        var next = last ?? long.Parse(sequence["start"], CultureInfo.InvariantCulture) - 1;
        return highest <= next ? sequence
            : sequence.With(("behind", string.Create(CultureInfo.InvariantCulture, $"its last value is {(last is null ? "none" : last)}, the highest in the column is {highest}")), ("~max", highest.ToString(CultureInfo.InvariantCulture)));
    }
}
