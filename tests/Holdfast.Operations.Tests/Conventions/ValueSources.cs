using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Holdfast.Operations.Tests.Conventions.SqlSyntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>What every variable, field, property and parameter is given, anywhere in the code.</summary>
internal sealed class ValueSources
{
    // What is added to a collection stands in it.
    private static readonly HashSet<string> Adding = ["Add", "AddRange", "Insert", "TryAdd", "Push", "Enqueue"];

    private readonly SemanticModels _models;
    private readonly Dictionary<ISymbol, List<ExpressionSyntax>> _sources = new(SymbolEqualityComparer.Default);

    public ValueSources(SemanticModels models)
    {
        _models = models;
        foreach (var tree in models.Trees) Index(tree);
    }

    /// <summary>All that the symbol is given anywhere.</summary>
    public IReadOnlyList<ExpressionSyntax> Of(ISymbol symbol) => _sources.GetValueOrDefault(symbol) ?? [];

    /// <summary>What every variable, field, property and parameter is given.</summary>
    private void Index(SyntaxTree tree)
    {
        var model = _models.Of(tree);
        foreach (var node in tree.GetRoot().DescendantNodes())
        {
            switch (node)
            {
                case VariableDeclaratorSyntax { Initializer: { } initializer }: Give(model.GetDeclaredSymbol(node), initializer.Value); break;
                case PropertyDeclarationSyntax property:
                    foreach (var value in Returned(property)) Give(model.GetDeclaredSymbol(property), value);
                    break;
                case ForEachStatementSyntax each: Give(model.GetDeclaredSymbol(each), each.Expression); break;
                case ForEachVariableStatementSyntax each:
                    foreach (var name in each.Variable.DescendantNodes().OfType<SingleVariableDesignationSyntax>()) Give(model.GetDeclaredSymbol(name), each.Expression);
                    break;
                case AssignmentExpressionSyntax assigned: Assign(model, assigned); break;
                case ParameterSyntax { Default: { } value } parameter: Give(model.GetDeclaredSymbol(parameter), value.Value); break;
                case ArgumentSyntax or AttributeArgumentSyntax: break;
                case IsPatternExpressionSyntax pattern: Named(model, pattern.Pattern, pattern.Expression); break;
                case SwitchExpressionArmSyntax { Parent: SwitchExpressionSyntax chosen } arm: Named(model, arm.Pattern, chosen.GoverningExpression); break;
                case InvocationExpressionSyntax or BaseObjectCreationExpressionSyntax or ConstructorInitializerSyntax or PrimaryConstructorBaseTypeSyntax:
                    if (node is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax { Expression: var holder } added } call)
                    {
                        if (model.GetTypeInfo(holder).Type?.Name == "StringBuilder" || Adding.Contains(NameOf(added) ?? ""))
                            foreach (var part in call.ArgumentList.Arguments) Give(model.GetSymbolInfo(holder).Symbol, part.Expression);
                        // A method's name instead of a function: it gets what the collection holds.
                        foreach (var group in call.ArgumentList.Arguments.Select(argument => argument.Expression).Where(argument => argument is IdentifierNameSyntax or MemberAccessExpressionSyntax))
                            if (model.GetSymbolInfo(group).Symbol is IMethodSymbol { Parameters: [var taken, ..] } && !_models.IsTypeName(holder)) Give(taken, holder);
                    }
                    Arguments(model.GetSymbolInfo(node).Symbol as IMethodSymbol, node.ChildNodes().OfType<ArgumentListSyntax>().FirstOrDefault());
                    break;
            }
        }
    }

    /// <summary>The names that a pattern gives to parts of a value.</summary>
    private void Named(SemanticModel model, PatternSyntax pattern, ExpressionSyntax value)
    {
        foreach (var name in pattern.DescendantNodes().OfType<SingleVariableDesignationSyntax>()) Give(model.GetDeclaredSymbol(name), value);
    }

    private void Assign(SemanticModel model, AssignmentExpressionSyntax assigned)
    {
        if (assigned.Left is TupleExpressionSyntax left && assigned.Right is TupleExpressionSyntax right)
            foreach (var (to, from) in left.Arguments.Zip(right.Arguments)) Give(Target(model, to.Expression), from.Expression);
        else if (assigned.Left is DeclarationExpressionSyntax { Designation: ParenthesizedVariableDesignationSyntax names } && assigned.Right is TupleExpressionSyntax values)
            foreach (var (to, from) in names.Variables.Zip(values.Arguments)) Give(to is SingleVariableDesignationSyntax name ? model.GetDeclaredSymbol(name) : null, from.Expression);
        else Give(Target(model, assigned.Left), assigned.Right);
    }

    private static ISymbol? Target(SemanticModel model, ExpressionSyntax left) =>
        left is DeclarationExpressionSyntax { Designation: SingleVariableDesignationSyntax declared } ? model.GetDeclaredSymbol(declared) : model.GetSymbolInfo(left is ElementAccessExpressionSyntax element ? element.Expression : left).Symbol;

    private void Arguments(IMethodSymbol? method, ArgumentListSyntax? arguments)
    {
        if (method is null || arguments is null) return;
        method = (method.ReducedFrom ?? method).OriginalDefinition;
        var shift = method.IsExtensionMethod && arguments.Parent is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } && !_models.IsTypeName(access.Expression) ? 1 : 0;
        for (var i = 0; i < arguments.Arguments.Count && method.Parameters.Length > 0; i++)
        {
            var argument = arguments.Arguments[i];
            var parameter = argument.NameColon is { } name ? method.Parameters.FirstOrDefault(one => one.Name == name.Name.Identifier.Text)
                : method.Parameters[Math.Min(i + shift, method.Parameters.Length - 1)];
            Give(parameter, argument.Expression);
        }
        if (shift == 1) Give(method.Parameters[0], ((MemberAccessExpressionSyntax)((InvocationExpressionSyntax)arguments.Parent!).Expression).Expression);
    }

    private void Give(ISymbol? to, ExpressionSyntax value)
    {
        if (to is null) return;
        if (!_sources.TryGetValue(to.OriginalDefinition, out var values)) _sources[to.OriginalDefinition] = values = [];
        values.Add(value);
    }
}
