using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Holdfast.Operations.Tests.Conventions;

/// <summary>
/// Follows every text that reaches a database command back to where it comes from: through locals, fields, properties, parameters
/// (to every caller) and methods (to every return). It must end at a constant, a number, or a member of <see cref="AllowedSql"/>.
/// </summary>
internal sealed class SqlProvenance(CSharpCompilation compilation)
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

    private static readonly HashSet<string> Commands = ["NpgsqlCommand", "NpgsqlBatchCommand", "SqliteCommand"];

    // Methods whose first argument is SQL: COPY is no command, and takes its text so.
    private static readonly HashSet<string> Takers =
    [
        "CreateCommand", .. from verb in (string[])["BeginBinaryImport", "BeginBinaryExport", "BeginTextImport", "BeginTextExport", "BeginRawBinaryCopy"] from end in (string[])["", "Async"] select verb + end,
    ];

    // What is added to a collection stands in it.
    private static readonly HashSet<string> Adding = ["Add", "AddRange", "Insert", "TryAdd", "Push", "Enqueue"];

    private readonly Dictionary<ISymbol, List<ExpressionSyntax>> _sources = new(SymbolEqualityComparer.Default);
    private readonly Dictionary<SyntaxTree, SemanticModel> _models = [];
    private readonly HashSet<SyntaxNode> _seen = [];
    private readonly SortedSet<string> _findings = new(StringComparer.Ordinal);

    /// <summary>How many commands were followed.</summary>
    public int Commanded { get; private set; }

    /// <summary>What comes from anywhere else: file, line, the part, and why.</summary>
    public IReadOnlyCollection<string> Find()
    {
        foreach (var tree in compilation.SyntaxTrees) Index(tree);
        foreach (var tree in compilation.SyntaxTrees)
            foreach (var text in Sinks(tree))
            {
                Commanded++;
                Follow(text);
            }
        return _findings;
    }

    private IEnumerable<ExpressionSyntax> Sinks(SyntaxTree tree)
    {
        var model = Model(tree);
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

    /// <summary>What every variable, field, property and parameter is given.</summary>
    private void Index(SyntaxTree tree)
    {
        var model = Model(tree);
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
                            if (model.GetSymbolInfo(group).Symbol is IMethodSymbol { Parameters: [var taken, ..] } && !IsTypeName(holder)) Give(taken, holder);
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
        var shift = method.IsExtensionMethod && arguments.Parent is InvocationExpressionSyntax { Expression: MemberAccessExpressionSyntax access } && !IsTypeName(access.Expression) ? 1 : 0;
        for (var i = 0; i < arguments.Arguments.Count && method.Parameters.Length > 0; i++)
        {
            var argument = arguments.Arguments[i];
            var parameter = argument.NameColon is { } name ? method.Parameters.FirstOrDefault(one => one.Name == name.Name.Identifier.Text)
                : method.Parameters[Math.Min(i + shift, method.Parameters.Length - 1)];
            Give(parameter, argument.Expression);
        }
        if (shift == 1) Give(method.Parameters[0], ((MemberAccessExpressionSyntax)((InvocationExpressionSyntax)arguments.Parent!).Expression).Expression);
    }

    private SemanticModel Model(SyntaxTree tree)
    {
        if (!_models.TryGetValue(tree, out var model)) _models[tree] = model = compilation.GetSemanticModel(tree);
        return model;
    }

    private bool IsTypeName(ExpressionSyntax expression) => Model(expression.SyntaxTree).GetSymbolInfo(expression).Symbol is ITypeSymbol;

    private void Give(ISymbol? to, ExpressionSyntax value)
    {
        if (to is null) return;
        if (!_sources.TryGetValue(to.OriginalDefinition, out var values)) _sources[to.OriginalDefinition] = values = [];
        values.Add(value);
    }

    private void Follow(ExpressionSyntax? expression)
    {
        if (expression is null || !_seen.Add(expression)) return;
        var model = Model(expression.SyntaxTree);
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
        var receiver = call.Expression is MemberAccessExpressionSyntax access && !IsTypeName(access.Expression) ? access.Expression : null;
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
            else if (made is not null && Model(made.SyntaxTree).GetSymbolInfo(made).Symbol is IMethodSymbol group)
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
            else if (lambda?.Parent?.Parent?.Parent is not BaseObjectCreationExpressionSyntax created || Model(created.SyntaxTree).GetSymbolInfo(created).Symbol is not { } constructor || !AllowedSql.Contains(constructor))
                Report(expression, "a function's parameter that cannot be followed");
            return;
        }
        var found = _sources.GetValueOrDefault(symbol) is { } sources ? sources : [];
        // The property of a record's parameter.
        if (symbol is IPropertySymbol { ContainingType: { } type })
            foreach (var positional in type.InstanceConstructors.SelectMany(constructor => constructor.Parameters).Where(one => one.Name == symbol.Name))
                found = [.. found, .. _sources.GetValueOrDefault(positional) ?? []];
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

    private static IEnumerable<ExpressionSyntax> Returned(SyntaxNode node)
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

    private static bool IsNumber(ITypeSymbol? type) =>
        type is { TypeKind: TypeKind.Enum } || type?.SpecialType is SpecialType.System_Int16 or SpecialType.System_Int32 or SpecialType.System_Int64 or SpecialType.System_UInt32 or SpecialType.System_Boolean;

    private static bool IsPublic(INamedTypeSymbol? type) => type is null || (type.DeclaredAccessibility == Accessibility.Public && IsPublic(type.ContainingType));

    private static string? NameOf(ExpressionSyntax expression) => expression switch
    {
        MemberAccessExpressionSyntax access => access.Name.Identifier.Text,
        IdentifierNameSyntax name => name.Identifier.Text,
        _ => null,
    };

    private void Report(ExpressionSyntax expression, string why)
    {
        var at = expression.GetLocation().GetLineSpan();
        _findings.Add($"{at.Path}:{at.StartLinePosition.Line + 1}: {expression.ToString().ReplaceLineEndings(" ")}: {why}");
    }
}
