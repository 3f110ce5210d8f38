using Microsoft.CodeAnalysis;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>The members whose text may become part of SQL though it is no constant. Each line is reviewed: it can hold a checked or quoted identifier only.</summary>
internal static class AllowedSql
{
    private static readonly Dictionary<string, string> Members = new()
    {
        ["Table.Name"] = "the catalogue of tables is code",
        ["Column.Name"] = "the catalogue of tables is code",
        ["SchemaName.Check"] = "letters, digits and underscores only, or an exception",
        ["HoldfastOptions.Schema"] = "OptionsCheck lets only a name of letters, digits and underscores pass",
        ["EnumText.Of"] = "names of enum values in code",
        ["EnumText.All"] = "names of enum values in code",
        ["SqlQuote.Name"] = "in double quotes, its own doubled",
        ["SqlQuote.Dotted"] = "in double quotes, part by part",
        ["SqlQuote.Literal"] = "in single quotes, its own and backslashes doubled",
        ["SqlQuote.Quoted"] = "read again: a name and nothing else, or an exception",
        ["SqlQuote.NamesOrLiteral"] = "read again: names between commas, or one text constant",
        ["SqlQuote.Part"] = "read again: it can neither end the statement around it nor leave its parentheses, or an exception",
        ["SqlQuote.OneOf"] = "a constant of the program",
        ["SqlStatement.Sql"] = "a statement as it stands in a file of the program or of the user's own migrations folder: to run it is what the file is for",
        ["MigrationFile.Sql"] = "a file of the program, or one of the user's own migrations folder behind the guard",
        ["Convert.ToHexStringLower"] = "hexadecimal digits",
        ["QueryTexts..ctor"] = "its function gets names that it has looked up in the catalogue",
        ["Migration.Sql"] = "a file of the program, or one of the user's own migrations folder behind the guard",
        ["ProviderSet.ExecuteAsync"] = "the application's own SQL: that is what it is for",
        ["ProviderSet.QueryAsync"] = "the application's own SQL: that is what it is for",
    };

    public static bool Contains(ISymbol symbol) => symbol.ContainingType is { } type && Members.ContainsKey($"{type.Name}.{symbol.Name}");
}
