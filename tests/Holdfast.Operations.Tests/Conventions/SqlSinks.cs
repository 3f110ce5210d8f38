using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Holdfast.Operations.Tests.Conventions.SqlSyntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>Where a text becomes a database command.</summary>
internal static class SqlSinks
{
    private static readonly HashSet<string> Commands = ["NpgsqlCommand", "NpgsqlBatchCommand", "SqliteCommand"];

    // Methods whose first argument is SQL: COPY is no command, and takes its text so.
    private static readonly HashSet<string> Takers =
    [
        "CreateCommand", .. from verb in (string[])["BeginBinaryImport", "BeginBinaryExport", "BeginTextImport", "BeginTextExport", "BeginRawBinaryCopy"] from end in (string[])["", "Async"] select verb + end,
    ];

    public static IEnumerable<ExpressionSyntax> Of(SyntaxTree tree, SemanticModel model)
    {
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            if (node is BaseObjectCreationExpressionSyntax created && Commands.Contains(model.GetTypeInfo(created).Type?.Name ?? "") && FirstText(model, created, created.ArgumentList) is { } made) yield return made;
            // All kinds of assignment: what is added to a text becomes part of it.
            if (node is AssignmentExpressionSyntax assigned && NameOf(assigned.Left) == "CommandText") yield return assigned.Right;
            if (node is InvocationExpressionSyntax call && Takers.Contains(NameOf(call.Expression) ?? "") && FirstText(model, call, call.ArgumentList) is { } sql && model.GetTypeInfo(sql).Type?.SpecialType == SpecialType.System_String) yield return sql;
        }
    }

    /// <summary>What a call gives for the first parameter that is a text, wherever it stands among the arguments.</summary>
    private static ExpressionSyntax? FirstText(SemanticModel model, ExpressionSyntax call, ArgumentListSyntax? arguments)
    {
        if (arguments is not { Arguments: { Count: > 0 } given }) return null;
        if (model.GetSymbolInfo(call).Symbol is not IMethodSymbol method) return given[0].Expression;
        return method.Parameters.FirstOrDefault(parameter => parameter.Type.SpecialType == SpecialType.System_String) is not { } text ? null
            : given.FirstOrDefault(argument => argument.NameColon?.Name.Identifier.Text == text.Name)?.Expression ?? (text.Ordinal < given.Count && given[text.Ordinal].NameColon is null ? given[text.Ordinal].Expression : null);
    }
}
