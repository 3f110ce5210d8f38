using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using static Holdfast.Operations.Tests.Conventions.SqlSyntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>
/// Follows every text that reaches a database command back to where it comes from: through locals, fields, properties, parameters
/// (to every caller) and methods (to every return). It must end at a constant, a number, or a member of <see cref="AllowedSql"/>.
/// </summary>
internal sealed class SqlProvenance
{
    // They put texts together or pick among them: as safe as what they are given.
    private static readonly HashSet<string> Transparent =
    [
        "Replace", "Trim", "TrimEnd", "TrimStart", "ToString", "Join", "Concat", "Format", "Create", "Where", "Append", "Prepend", "Concat", "ToArray", "ToList", "AsSpan", "Distinct", "Order",
        "OrderBy", "Skip", "Take", "Reverse", "First", "FirstOrDefault", "Single", "ToFrozenSet", "ToImmutableArray", "Repeat", "DefaultIfEmpty", "Except", "Union", "ReplaceLineEndings", "ConfigureAwait", "AsEnumerable", "Cast", "OfType",
        "Split", "ToHashSet", "ToLookup", "ThenBy", "ThenByDescending", "OrderDescending", "GetValueOrDefault", "ToLowerInvariant", "ToUpperInvariant", "Empty", "Invariant", "Intersect", "Last", "LastOrDefault", "Slice", "Substring",
    ];

    private static readonly HashSet<string> Mapping = ["Select", "SelectMany", "ToDictionary", "ToFrozenDictionary", "GetOrAdd", "Aggregate", "Zip", "ConvertAll"];

    // Neither text nor anything that holds a caller's: tables and columns stand in code.
    private static readonly HashSet<string> NoText = ["Table", "Column", "Regex", "TimeSpan", "TimeProvider", "StringComparison", "StringComparer", "CultureInfo", "IFormatProvider", "CancellationToken"];

    private readonly SemanticModels _models;
    private readonly ValueSources _sources;
    private readonly HashSet<SyntaxNode> _seen = [];
    private readonly SortedSet<string> _findings = new(StringComparer.Ordinal);

    public SqlProvenance(CSharpCompilation compilation)
    {
        _models = new SemanticModels(compilation);
        _sources = new ValueSources(_models);
    }

    /// <summary>How many commands were followed.</summary>
    public int Commanded { get; private set; }

    /// <summary>What comes from anywhere else: file, line, the part, and why.</summary>
    public IReadOnlyCollection<string> Find()
    {
        foreach (var tree in _models.Trees)
            foreach (var text in SqlSinks.Of(tree, _models.Of(tree)))
            {
                Commanded++;
                Follow(text);
            }
        return _findings;
    }

    private void Follow(ExpressionSyntax? expression)
    {
        if (expression is null || !_seen.Add(expression)) return;
        var model = _models.Of(expression.SyntaxTree);
        if (model.GetConstantValue(expression).HasValue || IsNumber(model.GetTypeInfo(expression).Type) || NoText.Contains(model.GetTypeInfo(expression).Type?.Name ?? "")) return;
        switch (expression)
        {
            case InterpolatedStringExpressionSyntax text:
                foreach (var hole in text.Contents.OfType<InterpolationSyntax>()) Follow(hole.Expression);
                return;
            case ParenthesizedExpressionSyntax inner: Follow(inner.Expression); return;
            case PostfixUnaryExpressionSyntax inner: Follow(inner.Operand); return;
            case AwaitExpressionSyntax inner: Follow(inner.Expression); return;
            case CastExpressionSyntax inner: Follow(inner.Expression); return;
            case AssignmentExpressionSyntax assigned: Follow(assigned.Right); return;
            case BinaryExpressionSyntax both: Follow(both.Left); Follow(both.Right); return;
            case ConditionalExpressionSyntax either: Follow(either.WhenTrue); Follow(either.WhenFalse); return;
            case SwitchExpressionSyntax any: foreach (var arm in any.Arms) Follow(arm.Expression); return;
            case ThrowExpressionSyntax or DefaultExpressionSyntax or LiteralExpressionSyntax: return;
            case WithExpressionSyntax changed:
                Follow(changed.Expression);
                foreach (var item in changed.Initializer.Expressions) Follow(item);
                return;
            case ElementAccessExpressionSyntax element: Follow(element.Expression); return;
            case ConditionalAccessExpressionSyntax access: Follow(access.WhenNotNull); return;
            case TupleExpressionSyntax tuple: foreach (var item in tuple.Arguments) Follow(item.Expression); return;
            case LambdaExpressionSyntax lambda: foreach (var value in Returned(lambda)) Follow(value); return;
            case CollectionExpressionSyntax collection:
                foreach (var item in collection.Elements) Follow(item is SpreadElementSyntax spread ? spread.Expression : ((ExpressionElementSyntax)item).Expression);
                return;
            case ImplicitArrayCreationExpressionSyntax { Initializer.Expressions: var items }: foreach (var item in items) Follow(item); return;
            case ArrayCreationExpressionSyntax { Initializer.Expressions: var items }: foreach (var item in items) Follow(item); return;
            case InitializerExpressionSyntax { Expressions: var items }: foreach (var item in items) Follow(item); return;
            case BaseObjectCreationExpressionSyntax created: Created(created); return;
        }
        var symbol = model.GetSymbolInfo(expression).Symbol;
        if (symbol is null) Report(expression, "unknown to the compiler");
        else if (AllowedSql.Contains(symbol)) return;
        else if (expression is InvocationExpressionSyntax call && symbol is IMethodSymbol method) Called(call, method);
        else Given(expression, symbol);
    }

    private void Called(InvocationExpressionSyntax call, IMethodSymbol method)
    {
        method = (method.ReducedFrom ?? method).OriginalDefinition;
        var receiver = call.Expression is MemberAccessExpressionSyntax access && !_models.IsTypeName(access.Expression) ? access.Expression : null;
        if (method.MethodKind == MethodKind.DelegateInvoke)
        {
            Follow(receiver is not null && NameOf(call.Expression) == "Invoke" ? receiver : call.Expression);
            return;
        }
        // What it reads row by row is what its function makes of a row.
        if (method.Name == "QueryAsync" && call.ArgumentList.Arguments.Select(argument => argument.Expression).OfType<LambdaExpressionSyntax>().ToArray() is [var row])
        {
            foreach (var value in Returned(row)) Follow(value);
            return;
        }
        var bodies = method.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax()).SelectMany(Returned).ToArray();
        if (bodies.Length > 0) foreach (var body in bodies) Follow(body);
        else if (Mapping.Contains(method.Name))
        {
            // What the last function makes of it; what it takes from the collection is followed by its parameter.
            var made = call.ArgumentList.Arguments.Select(argument => argument.Expression).LastOrDefault(argument => argument is LambdaExpressionSyntax or IdentifierNameSyntax or MemberAccessExpressionSyntax);
            foreach (var argument in call.ArgumentList.Arguments)
                if (argument.Expression != made && argument.Expression is not LambdaExpressionSyntax) Follow(argument.Expression);
            if (made is LambdaExpressionSyntax lambda) foreach (var value in Returned(lambda)) Follow(value);
            else if (made is not null && _models.Of(made.SyntaxTree).GetSymbolInfo(made).Symbol is IMethodSymbol group)
                foreach (var value in AllowedSql.Contains(group) ? [] : group.OriginalDefinition.DeclaringSyntaxReferences.Select(reference => reference.GetSyntax()).SelectMany(Returned)) Follow(value);
            else Report(call, "a mapping that cannot be followed");
        }
        else if (Transparent.Contains(method.Name))
        {
            if (receiver is not null) Follow(receiver);
            foreach (var argument in call.ArgumentList.Arguments)
                // A condition is no text; what a replacement makes is.
                if (argument.Expression is not LambdaExpressionSyntax || method.Name == "Replace") Follow(argument.Expression);
        }
        else Report(call, $"{method.ContainingType?.Name}.{method.Name} is not allowed");
    }

    private void Created(BaseObjectCreationExpressionSyntax created)
    {
        foreach (var argument in created.ArgumentList?.Arguments ?? []) Follow(argument.Expression);
        foreach (var item in created.Initializer?.Expressions ?? []) Follow(item);
    }

    /// <summary>All that a variable, field, property or parameter is given anywhere.</summary>
    private void Given(ExpressionSyntax expression, ISymbol symbol)
    {
        if (symbol is IFieldSymbol { ContainingType.IsTupleType: true } && expression is MemberAccessExpressionSyntax item)
        {
            Follow(item.Expression);
            return;
        }
        symbol = symbol.OriginalDefinition;
        if (symbol is IParameterSymbol { ContainingSymbol: IMethodSymbol { MethodKind: MethodKind.AnonymousFunction } } parameter)
        {
            // A value of the collection that the function is applied to.
            var lambda = parameter.DeclaringSyntaxReferences[0].GetSyntax().FirstAncestorOrSelf<LambdaExpressionSyntax>();
            if (lambda?.Parent?.Parent?.Parent is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access }) Follow(access.Expression);
            else if (lambda?.Parent?.Parent?.Parent is not BaseObjectCreationExpressionSyntax created || _models.Of(created.SyntaxTree).GetSymbolInfo(created).Symbol is not { } constructor || !AllowedSql.Contains(constructor))
                Report(expression, "a function's parameter that cannot be followed");
            return;
        }
        var found = _sources.Of(symbol);
        // The property of a record's parameter.
        if (symbol is IPropertySymbol { ContainingType: { } type })
            foreach (var positional in type.InstanceConstructors.SelectMany(constructor => constructor.Parameters).Where(one => one.Name == symbol.Name))
                found = [.. found, .. _sources.Of(positional)];
        if (symbol is IParameterSymbol && AllowedSql.Contains(symbol.ContainingSymbol)) return;
        // From outside: anybody may call it, or set it, with anything.
        var isEntry = symbol switch
        {
            IParameterSymbol { ContainingSymbol: IMethodSymbol { DeclaredAccessibility: Accessibility.Public } of } => IsPublic(of.ContainingType),
            IPropertySymbol { SetMethod.DeclaredAccessibility: Accessibility.Public } of => IsPublic(of.ContainingType),
            IFieldSymbol { DeclaredAccessibility: Accessibility.Public, IsConst: false, IsReadOnly: false } of => IsPublic(of.ContainingType),
            _ => false,
        };
        if (isEntry || found.Count == 0) Report(expression, isEntry ? $"a caller's text ({symbol.Name})" : $"{symbol.Kind} {symbol.Name} comes from nowhere that is known");
        foreach (var source in found) Follow(source);
    }

    private void Report(ExpressionSyntax expression, string why)
    {
        var at = expression.GetLocation().GetLineSpan();
        _findings.Add($"{at.Path}:{at.StartLinePosition.Line + 1}: {expression.ToString().ReplaceLineEndings(" ")}: {why}");
    }
}
