using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Indexes;

/// <summary>What to run about an index, as a shell and a server take it: names in quotes where they must be, the schema said.</summary>
/// <param name="schema">The schema.</param>
/// <param name="isNamed">Whether commands must be told of the schema, since it is not the one that they take by themselves.</param>
internal sealed class IndexAdvice(string schema, bool isNamed)
{
    private const string Plain = "_@%+=:,./-";

    public string Build(string index) => $"holdfast schema index build {Word(index)}{Where}";

    public string Drop(string index) => $"holdfast schema index drop {Word(index)}{Where}";

    /// <summary>For a foreign key. An index of a partitioned table is built partition by partition; one for the whole takes those then, in a moment.</summary>
    public string Build(UnindexedKey key) => key.Columns.Any(column => column.Contains(',', StringComparison.Ordinal)) ? Sql(key)
        : key.Partitions is not { } partitions ? ForColumns(key.Table, key.Columns)
        : string.Join("; ", partitions.Select(partition => ForColumns(partition, key.Columns)).Append($"then as its owner, which takes those of the partitions: {Sql(key)}"));

    public string DropConstraint(string table, string constraint) => $"alter table {SqlQuote.Name(schema, table)} drop constraint {constraint}";

    private string ForColumns(string table, IReadOnlyList<string> columns) => $"holdfast schema index build --table {Word(table)} --columns {Word(string.Join(',', columns))}{Where}";

    private string Sql(UnindexedKey key) => $"create index {(key.Partitions is null ? "concurrently " : "")}{SqlQuote.Name(key.IndexName)} on {SqlQuote.Name(schema, key.Table)} ({string.Join(", ", key.Columns.Select(SqlQuote.Name))})";

    private string Where => isNamed ? $" --schema {Word(schema)}" : "";

    private static string Word(string word) => word.Length > 0 && word.All(letter => char.IsAsciiLetterOrDigit(letter) || Plain.Contains(letter, StringComparison.Ordinal))
        ? word : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
