using Holdfast.Operations.Schema.Sessions;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>Rows that a check would refuse.</summary>
/// <param name="Count">How many; at most <see cref="CountMax"/> are counted.</param>
/// <param name="IsCut">True when there may be more.</param>
/// <param name="Examples">A few of them: their key and the value.</param>
internal sealed record RowViolations(long Count, bool IsCut, IReadOnlyList<RowViolation> Examples)
{
    public const int CountMax = 100_000;
    public const int ExamplesMax = 5;

    public static RowViolations None { get; } = new(0, false, []);

    /// <summary>Reads the table once, in one snapshot; writers do not wait.</summary>
    /// <exception cref="StoreUnavailableException">Row-level security hides rows from the role, so that none found would prove nothing.</exception>
    public static async Task<RowViolations> CountAsync(ControlSession session, string schema, ExpectedCheck expected, CancellationToken cancellationToken)
    {
        var (table, column) = ($"{schema}.{expected.Table.Name}", expected.Column.Name);
        if (await HiddenRows.FromAsync(session.Connection, table, cancellationToken).ConfigureAwait(false) is { } role)
            throw new StoreUnavailableException($"{session.Target}: row-level security hides rows of {table} from {role}, so which of them violate {expected.Name} cannot be told. Run it as the schema's owner with a policy for all rows, or as a role with BYPASSRLS.", new UnauthorizedAccessException());
        var key = string.Join(" || ', ' || ", expected.Table.PrimaryKey.Select(name => $"'{name} ' || {name}::text"));
        var count = await session.ScalarAsync<long>($"select count(*) from (select from {table} where not ({expected.Condition}) limit {CountMax + 1}) broken", cancellationToken).ConfigureAwait(false);
        if (count == 0) return None;
        var examples = await session.QueryAsync($"select {key}, left({column}, 100) from {table} where not ({expected.Condition}) order by {string.Join(", ", expected.Table.PrimaryKey)} limit {ExamplesMax}",
            row => new RowViolation(row.GetString(0), row.GetString(1)), cancellationToken).ConfigureAwait(false);
        return new RowViolations(Math.Min(count, CountMax), count > CountMax, examples);
    }

    public override string ToString() => $"{(IsCut ? "at least " : "")}{Count} {(Count == 1 ? "row" : "rows")}, for instance {string.Join("; ", Examples.Select(example => $"{example.Key} ('{example.Value}')"))}";
}

/// <summary>A row that a check would refuse.</summary>
/// <param name="Key">Its primary key, in words.</param>
/// <param name="Value">What stands in the column.</param>
internal sealed record RowViolation(string Key, string Value);
