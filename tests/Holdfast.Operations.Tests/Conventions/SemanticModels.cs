using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>The compiler's word on each file, asked for once.</summary>
internal sealed class SemanticModels(CSharpCompilation compilation)
{
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];

    public IEnumerable<SyntaxTree> Trees => compilation.SyntaxTrees;

    public SemanticModel Of(SyntaxTree tree)
    {
        if (!_models.TryGetValue(tree, out var model)) _models[tree] = model = compilation.GetSemanticModel(tree);
        return model;
    }

    public bool IsTypeName(ExpressionSyntax expression) => Of(expression.SyntaxTree).GetSymbolInfo(expression).Symbol is ITypeSymbol;
}
