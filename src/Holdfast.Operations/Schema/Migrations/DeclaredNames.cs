using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Migrations;

/// <summary>What files make, by name alone: what is left of it at their end, as far as their statements show it.</summary>
internal sealed class DeclaredNames
{
    private readonly List<DeclaredName> _all = [];
    private readonly string _schema;

    private DeclaredNames(string schema) => _schema = schema;

    /// <param name="files">In order.</param>
    /// <param name="schema">What names without a schema mean.</param>
    public static IReadOnlyList<DeclaredName> Of(IEnumerable<PreparedFile> files, string schema)
    {
        var names = new DeclaredNames(schema);
        foreach (var statement in files.SelectMany(file => file.Script.Statements)) names.Read(statement);
        return names._all;
    }

    private void Read(SqlStatement statement)
    {
        var tokens = statement.Tokens;
        if (statement.StartsWith("drop", "table"))
        {
            foreach (var gone in RelationName.List(tokens, RelationName.Skip(tokens, 2, "if", "exists"))) _all.RemoveAll(name => name.Table == Full(gone));
            if (tokens[^1].Is("cascade")) ForgetConstraints();
        }
        else if (statement.StartsWith("drop", "index"))
            foreach (var gone in RelationName.List(tokens, RelationName.Skip(tokens, 2, "concurrently", "if", "exists"))) _all.RemoveAll(name => name.Kind == DeclaredKind.Index && name.Name == gone.Name);
        else if (statement.StartsWith("alter", "index") && RelationName.Read(tokens, RelationName.Skip(tokens, 2, "if", "exists")) is var (renamed, _))
            _all.RemoveAll(name => name.Kind == DeclaredKind.Index && name.Name == renamed.Name);
        else if (statement.StartsWith("alter", "table")) Alter(tokens);
        else if (statement.StartsWith("create")) Create(tokens);
    }

    private RelationName Full(RelationName name) => name with { Schema = name.Schema ?? _schema };

    private void Create(IReadOnlyList<SqlToken> tokens)
    {
        var at = RelationName.Skip(tokens, 1, "unlogged");
        if (at < tokens.Count && tokens[at].Is("table") && RelationName.Read(tokens, RelationName.Skip(tokens, at + 1, "if", "not", "exists")) is var (table, _)) _all.Add(new DeclaredName(DeclaredKind.Table, Full(table), table.Name));
        at = RelationName.Skip(tokens, 1, "unique");
        if (at >= tokens.Count || !tokens[at].Is("index")) return;
        at = RelationName.Skip(tokens, at + 1, "concurrently", "if", "not", "exists");
        // One without a name gets one from the server.
        if (at < tokens.Count && !tokens[at].Is("on") && RelationName.Read(tokens, at) is var (index, next) && RelationName.Read(tokens, RelationName.Skip(tokens, next, "on", "only")) is var (of, _)) _all.Add(new DeclaredName(DeclaredKind.Index, Full(of), index.Name));
    }

    private void Alter(IReadOnlyList<SqlToken> tokens)
    {
        if (RelationName.Read(tokens, RelationName.Skip(tokens, 2, "if", "exists", "only")) is not var (named, at)) return;
        var table = Full(named);
        if (at < tokens.Count && tokens[at].Is("rename")) Rename(tokens, table, at + 1);
        else if (at < tokens.Count && tokens[at].Is("set") && at + 1 < tokens.Count && tokens[at + 1].Is("schema")) _all.RemoveAll(name => name.Table == table);
        else
            for (var (depth, begins) = (0, true); at < tokens.Count; at++)
            {
                if (begins) Action(tokens, table, at);
                depth += tokens[at].IsSymbol("(") ? 1 : tokens[at].IsSymbol(")") ? -1 : 0;
                begins = depth == 0 && tokens[at].IsSymbol(",");
            }
    }

    private void Action(IReadOnlyList<SqlToken> tokens, RelationName table, int at)
    {
        if (at + 1 >= tokens.Count || !(tokens[at].Is("add") || tokens[at].Is("drop"))) return;
        var kind = tokens[at + 1].Is("constraint") ? DeclaredKind.Constraint : DeclaredKind.Column;
        // A constraint without a name gets one from the server.
        if (kind == DeclaredKind.Column && tokens[at + 1].Name is "primary" or "unique" or "check" or "foreign" or "exclude" or "not" && tokens[at + 1].Kind == SqlTokenKind.Word) return;
        if (RelationName.Read(tokens, RelationName.Skip(tokens, RelationName.Skip(tokens, at + 1, "constraint", "column"), "if", "not", "exists")) is not var (name, _)) return;
        if (tokens[at].Is("add"))
        {
            _all.Add(new DeclaredName(kind, table, name.Name));
            // The index takes the constraint's name.
            if (kind == DeclaredKind.Constraint && UsedIndex(tokens, at) is { } used) _all.RemoveAll(one => one.Kind == DeclaredKind.Index && one.Table == table && one.Name == used.Name);
            return;
        }
        _all.RemoveAll(one => one.Kind == kind && one.Table == table && one.Name == name.Name);
        // A column takes along what stands on it, and CASCADE what stands on that in other tables; which that is no name tells.
        if (kind == DeclaredKind.Column) _all.RemoveAll(one => one.Table == table && one.Kind is (DeclaredKind.Index or DeclaredKind.Constraint));
        if (tokens[ActionEnd(tokens, at) - 1].Is("cascade")) ForgetConstraints();
    }

    private void ForgetConstraints() => _all.RemoveAll(one => one.Kind == DeclaredKind.Constraint);

    private static RelationName? UsedIndex(IReadOnlyList<SqlToken> tokens, int at)
    {
        for (var end = ActionEnd(tokens, at); at + 1 < end; at++)
            if (tokens[at].Is("using") && tokens[at + 1].Is("index")) return RelationName.Read(tokens, at + 2)?.Name;
        return null;
    }

    private static int ActionEnd(IReadOnlyList<SqlToken> tokens, int at)
    {
        for (var depth = 0; at < tokens.Count && !(depth == 0 && tokens[at].IsSymbol(",")); at++) depth += tokens[at].IsSymbol("(") ? 1 : tokens[at].IsSymbol(")") ? -1 : 0;
        return at;
    }

    private void Rename(IReadOnlyList<SqlToken> tokens, RelationName table, int at)
    {
        var kind = at < tokens.Count && tokens[at].Is("to") ? DeclaredKind.Table : at < tokens.Count && tokens[at].Is("constraint") ? DeclaredKind.Constraint : DeclaredKind.Column;
        var from = kind == DeclaredKind.Table ? table.Name : RelationName.Read(tokens, RelationName.Skip(tokens, at, "constraint", "column"))?.Name.Name;
        var to = tokens[^1].Name;
        for (var i = 0; i < _all.Count && to is not null; i++)
        {
            if (_all[i].Table != table) continue;
            if (kind == DeclaredKind.Table) _all[i] = _all[i] with { Table = table with { Name = to }, Name = _all[i].Kind == kind ? to : _all[i].Name };
            else if (_all[i].Kind == kind && _all[i].Name == from) _all[i] = _all[i] with { Name = to };
        }
    }
}

/// <summary>What a name names.</summary>
internal enum DeclaredKind
{
    Table,
    Column,
    Index,
    Constraint,
}

/// <summary>Something that files make.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Table">The table, or the one that it belongs to.</param>
/// <param name="Name">Its name.</param>
internal sealed record DeclaredName(DeclaredKind Kind, RelationName Table, string Name);
