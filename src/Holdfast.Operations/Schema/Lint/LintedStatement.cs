using System.Collections.Immutable;
using Holdfast.Operations.Schema.Sql;

namespace Holdfast.Operations.Schema.Lint;

/// <summary>A statement and what stands before it in its file.</summary>
internal sealed class LintedStatement(SqlStatement statement, LintState before, bool isLast)
{
    public SqlStatement Statement => statement;

    public IReadOnlyList<SqlToken> Words => statement.Tokens;

    public LintState Before => before;

    public bool IsLast => isLast;

    /// <summary>The ALTER TABLE that it is; null for anything else.</summary>
    public AlteredTable? Altered { get; } = AlteredTable.Read(statement);

    /// <summary>The actions of an ALTER TABLE on a table that others may be using: not on one that the same file made.</summary>
    public IEnumerable<SqlToken[]> ActionsOnUsedTable => Altered is { } table && !before.Created.Contains(table.Name) ? table.Actions : [];

    public bool StartsWith(params ReadOnlySpan<string> words) => statement.StartsWith(words);
}

/// <summary>What the statements before have left.</summary>
/// <param name="InTransaction">Whether a transaction is open, the runner's or the file's own.</param>
/// <param name="OwnTransaction">Whether the file itself has opened it.</param>
/// <param name="IsWrapped">Whether the runner puts the file in a transaction.</param>
/// <param name="HasLockTimeout">Whether a wait for a lock ends.</param>
/// <param name="Created">The tables that the file has made.</param>
/// <param name="NotValid">The tables that got a constraint NOT VALID in the open transaction.</param>
internal sealed record LintState(
    bool InTransaction, bool OwnTransaction, bool IsWrapped, bool HasLockTimeout, ImmutableHashSet<string> Created, ImmutableHashSet<string> NotValid)
{
    public LintState After(LintedStatement statement)
    {
        var words = statement.Words;
        if (TransactionRules.Opens(statement)) return this with { InTransaction = true, OwnTransaction = true, NotValid = IsWrapped ? NotValid : [] };
        if (TransactionRules.Closes(statement)) return this with { InTransaction = IsWrapped, OwnTransaction = false, NotValid = [] };
        if (LockTimeout.Of(words) is { } limited) return this with { HasLockTimeout = limited };
        if (AlteredTable.Created(words) is { } table) return this with { Created = Created.Add(table) };
        if (InTransaction && statement.Altered is { } altered && altered.Actions.Any(ConstraintRules.IsNotValid))
            return this with { NotValid = NotValid.Add(altered.Name) };
        return this;
    }
}
