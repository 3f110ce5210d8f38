using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>
/// Rows of merged tables are never deleted: an erasure empties them. What the missing privilege does for the application, triggers do
/// for everybody who owns the tables, a superuser too.
/// </summary>
/// <remarks>A row trigger alone would let TRUNCATE pass. Who must delete after all disables the triggers of one table as its owner, and says so in the log.</remarks>
internal static class DeleteGuard
{
    public const string Function = "refuse_delete";
    public const string RowTrigger = "refuse_delete_of_rows";
    public const string TruncateTrigger = "refuse_truncate";

    /// <summary>Stands as the constraint of the error, by which it is told from a missing privilege.</summary>
    public const string Mark = "holdfast_hard_delete";

    public static IReadOnlyList<Table> Guarded { get; } = [.. Tables.All.Where(table => table.IsMerged)];

    public static IEnumerable<AccessStatement> Statements(string schema, string roles)
    {
        yield return new(AccessPart.Function, Function, $"""
            create or replace function {schema}.{Function}() returns trigger
            language plpgsql set search_path = pg_catalog, pg_temp as $$
            begin
              raise exception '% of %.% is refused: its rows are never deleted', tg_op, tg_table_schema, tg_table_name
                using errcode = '42501', constraint = '{Mark}', hint = 'To forget a user or a session: holdfast forget, or select {schema}.erase(...).';
            end
            $$
            """);
        yield return new(AccessPart.Ownership, Function, $"alter function {schema}.{Function}() owner to {RoleSpecs.Owner(roles)}");
        yield return new(AccessPart.Grant, Function, $"revoke all on function {schema}.{Function}() from public");
        // A trigger's function needs no EXECUTE to fire; the default privileges of the owner gave it when it was made.
        yield return new(AccessPart.Grant, Function, $"revoke all on function {schema}.{Function}() from {RoleSpecs.App(roles)}");
    }
}
