using Holdfast.Rows;

namespace Holdfast.Operations.Schema.Constraints;

/// <summary>A CHECK that the catalogue asks for: the values of a column are those of an enum in code.</summary>
internal sealed record ExpectedCheck(Table Table, Column Column)
{
    private const int NameLengthMax = 63;

    public static IReadOnlyList<ExpectedCheck> All { get; } =
        [.. Tables.All.SelectMany(table => table.Columns.Where(column => column.Allowed is not null).Select(column => new ExpectedCheck(table, column)))];

    /// <summary>The name that the migrations give it.</summary>
    public string Name => Checked($"{Table.Name}_{Column.Name}_check");

    /// <summary>What it is called while it is built; a crashed run leaves it, the next one finds it by this name.</summary>
    public string BuildName => Checked($"{Table.Name}_{Column.Name}_check_new");

    public IReadOnlyList<string> Values => Column.Allowed!;

    /// <summary>The condition, as the migrations write it. Values are names from an enum: letters, digits and underscores.</summary>
    public string Condition => $"{Column.Name} in ({string.Join(", ", Values.Select(value => $"'{Checked(value)}'"))})";

    // These stand in SQL as they are: nothing but code makes them, and this holds that nothing else ever does.
    private static string Checked(string name) => name.Length is > 0 and <= NameLengthMax && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_')
        ? name : throw new InvalidOperationException($"'{name}' is no plain name of at most {NameLengthMax} characters.");
}
