using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>What syntax and symbols say by themselves.</summary>
internal static class SqlSyntax
{
    public static IEnumerable<ExpressionSyntax> Returned(SyntaxNode node)
    {
        switch (node)
        {
            case LambdaExpressionSyntax { ExpressionBody: { } body }: return [body];
            case MethodDeclarationSyntax { ExpressionBody: { } arrow }: return [arrow.Expression];
            case LocalFunctionStatementSyntax { ExpressionBody: { } arrow }: return [arrow.Expression];
            case PropertyDeclarationSyntax { ExpressionBody: { } arrow }: return [arrow.Expression];
            case ParameterSyntax: return [];
        }
        IEnumerable<ExpressionSyntax> initial = node is PropertyDeclarationSyntax { Initializer: { } initializer } ? [initializer.Value] : [];
        var statements = node.DescendantNodes(inside => inside == node || inside is not (LambdaExpressionSyntax or LocalFunctionStatementSyntax));
        return initial
            .Concat(statements.OfType<ReturnStatementSyntax>().Where(one => one.Expression is not null).Select(one => one.Expression!))
            .Concat(statements.OfType<YieldStatementSyntax>().Where(one => one.Expression is not null).Select(one => one.Expression!))
            .Concat(node is PropertyDeclarationSyntax ? statements.OfType<ArrowExpressionClauseSyntax>().Select(one => one.Expression) : []);
    }

    public static string? NameOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        IdentifierNameSyntax name => name.Identifier.Text,
        _ => null,
    };

    public static bool IsNumber(ITypeSymbol? type) =>
        type is { TypeKind: TypeKind.Enum } || type?.SpecialType is SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_UInt32 or SpecialType.System_Boolean;

    public static bool IsPublic(INamedTypeSymbol? type) => type is null || (type.DeclaredAccessibility == Accessibility.Public && IsPublic(type.ContainingType));
}
