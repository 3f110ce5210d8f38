using Holdfast.Rows;

namespace Holdfast.Operations.Access;

/// <summary>A trigger that refuses something, whoever asks.</summary>
/// <param name="Name">Its name, on every table the same.</param>
/// <param name="When"><c>before delete</c>, …</param>
/// <param name="Each"><c>row</c> or <c>statement</c>.</param>
/// <param name="Function">What raises the error.</param>
/// <param name="Type">The same as the server notes it (<c>pg_trigger.tgtype</c>).</param>
internal sealed record GuardTrigger(string Name, string When, string Each, string Function, int Type);

/// <summary>Which triggers guard which table.</summary>
internal static class GuardTriggers
{
    // tgtype: 1 for each row, 2 before, 8 delete, 16 update, 32 truncate.
    private static readonly GuardTrigger Delete = new(DeleteGuard.RowTrigger, "before delete", "row", DeleteGuard.Function, 1 + 2 + 8);
    private static readonly GuardTrigger Truncate = new(DeleteGuard.TruncateTrigger, "before truncate", "statement", DeleteGuard.Function, 2 + 32);
    private static readonly GuardTrigger Change = new(RecordGuard.Trigger, "before update", "row", RecordGuard.Function, 1 + 2 + 16);

    public static IReadOnlyList<GuardTrigger> Of(Table table) => !table.IsMerged ? [] : table == Tables.Erasures ? [Delete, Truncate, Change] : [Delete, Truncate];

    /// <summary>The triggers of a table that are not there, are disabled, or are others of the same name.</summary>
    public static IEnumerable<GuardTrigger> Missing(string schema, Table table, LiveObject? live) =>
        Of(table).Where(trigger => live?.Firing.Contains(FormattableString.Invariant($"{trigger.Name}|{trigger.Type}|{schema}.{trigger.Function}")) != true);

    public static IEnumerable<AccessStatement> Statements(string schema)
    {
        foreach (var table in DeleteGuard.Guarded)
        {
            foreach (var trigger in Of(table))
                yield return new(AccessPart.Trigger, table.Name, $"create or replace trigger {trigger.Name} {trigger.When} on {schema}.{table.Name} for each {trigger.Each} execute function {schema}.{trigger.Function}()");
            // One that somebody disabled stays so when it is replaced. ALWAYS: who copies rows (session_replication_role = replica) deletes none either.
            yield return new(AccessPart.Trigger, table.Name, $"alter table {schema}.{table.Name} {string.Join(", ", Of(table).Select(trigger => $"enable always trigger {trigger.Name}"))}");
        }
    }
}
