namespace Holdfast.Operations.Tests.Schema.Lint;

/// <summary>Where our rules say something else than squawk's, on purpose.</summary>
internal static class SquawkDifferences
{
    private sealed record Difference(string Rule, string Part, string Reason, bool? InTransaction = null);

    private static readonly Difference[] All =
    [
        new("require-concurrent-index-creation", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("constraint-missing-not-valid", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("adding-foreign-key-constraint", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("disallowed-unique-constraint", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("adding-required-field", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("changing-column-type", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("renaming-table", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("adding-not-nullable-field", "create table t (a int); ", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("require-concurrent-index-creation", "create table if not exists t", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("require-concurrent-index-creation", "create temp table t", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("require-concurrent-index-creation", "create unlogged table s.t", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("require-concurrent-index-creation", "create table t as", "A table that the file makes itself is nobody's yet; squawk passes over it only in a transaction, and only for some rules."),
        new("require-concurrent-index-creation", "create table s.t (a int); create index i on t", "Squawk compares names without their schema: the index is on another table.", InTransaction: true),
        new("ban-concurrent-index-creation-in-transaction", "concurrently", "The server refuses every CONCURRENTLY in a transaction; squawk finds index creation only, and not in a file with one statement."),
        new("constraint-missing-not-valid", "add column x int check", "PostgreSQL checks every row for the CHECK of a new column."),
        new("constraint-missing-not-valid", "default 1 check", "PostgreSQL checks every row for the CHECK of a new column."),
        new("adding-field-with-default", "(1 + 2)", "The same for every row: nothing is rewritten."),
        new("adding-field-with-default", "default -1", "The same for every row: nothing is rewritten."),
        new("adding-field-with-default", "current_date", "The same for every row: nothing is rewritten."),
        new("adding-field-with-default", "current_user", "The same for every row: nothing is rewritten."),
        new("adding-field-with-default", "x bigserial", "A sequence gives every row another number: the table is rewritten."),
        new("adding-field-with-default", "x serial", "A sequence gives every row another number: the table is rewritten."),
        new("ban-drop-column", "alter foreign table", "The running application fails as with any other table."),
        new("transaction-nesting", "rollback to s", "ROLLBACK TO a savepoint ends no transaction."),
        new("require-lock-timeout", "create view", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create function", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create or replace function", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create extension", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create type", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create sequence", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create schema s", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create domain", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "create role", "It takes no lock that anybody waits for."),
        new("require-lock-timeout", "lock_timeout = 0", "0 is no limit."),
        new("require-lock-timeout", "reset lock_timeout", "The limit is gone again."),
        new("adding-not-nullable-field", "validate constraint c; alter table t alter a set not null", "Squawk knows the check of the same file; a check belongs in an earlier one, so the line says by a lint-ignore that it is there."),
    ];

    public static bool Explain(string rule, string sql, bool inTransaction, int ours, int theirs) =>
        All.Any(one => one.Rule == rule && sql.Contains(one.Part, StringComparison.Ordinal) && (one.InTransaction ?? inTransaction) == inTransaction);
}
