using Holdfast.Rows;
using static Holdfast.Operations.Access.Effects.SampleRow;

namespace Holdfast.Operations.Access.Effects;

/// <summary>Deletes and truncates that only the guard's triggers are in the way of.</summary>
internal static class GuardTrials
{
    /// <param name="schema">Where the tables are.</param>
    /// <param name="tables">Those whose triggers were seen: a TRUNCATE that passes all the same is a defect of the server's.</param>
    public static IEnumerable<EffectTrial> Of(string schema, IReadOnlyCollection<Table> tables) =>
    [
        .. tables.SelectMany(table => new EffectTrial[]
        {
            new("guard", table.Name, $"with a as ({Insert(schema, table, Tenant)} returning 1) select 1 from a", EffectOutcome.Allowed),
            new("guard", table.Name, $"do $trial$ begin {Insert(schema, table, Tenant)}; delete from {schema}.{table.Name} where tenant_id = '{Tenant}'; end $trial$", EffectOutcome.Guarded),
            new("guard", table.Name, $"truncate {schema}.{table.Name}", EffectOutcome.Guarded),
        }),
        .. tables.Where(table => table == Tables.Erasures).SelectMany(table => Records(schema, table)),
    ];

    // What an erasure says stays; what a merge notes beside it may change.
    private static IEnumerable<EffectTrial> Records(string schema, Table table)
    {
        string Change(string what) => $"do $trial$ begin {Insert(schema, table, Tenant)}; update {schema}.{table.Name} set {what} where tenant_id = '{Tenant}'; end $trial$";
        yield return new("guard", table.Name, Change("key = '-', occurred_at = 'epoch'"), EffectOutcome.Guarded);
        yield return new("guard", table.Name, Change("loser = null, feed = feed, nonce = nonce"), EffectOutcome.Allowed);
    }
}
