using Holdfast.Cli.Output;
using Holdfast.Operations.Access;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Operations.Schema.Rollout;

namespace Holdfast.Cli.Commands;

/// <summary>How commands that change schemas look at what they left, by the same comparison as <c>schema drift</c>.</summary>
internal static class SchemaChecks
{
    /// <summary>What a rollout has to pass between one provider and the next.</summary>
    public static async Task<RolloutGate> GateAsync(Invocation invocation, MigrationOptions patience, CancellationToken cancellationToken)
    {
        var (all, set) = (DriftTargets.All(invocation), SchemaTargets.Set(invocation));
        var check = new RolloutCheck(all, set, SchemaDriftCommand.Options(invocation, all) with { LockWaitMax = patience.LockWaitMax })
        {
            Ignored = await SchemaDriftCommand.IgnoredAsync(invocation, cancellationToken),
            IsLeftToAccess = set.IsShipped ? new AccessFollows(SchemaTargets.SchemaOf(invocation)).Is : (_, _) => false,
        };
        return new RolloutGate(check) { Compared = (name, seen) => Invocation.Note($"{name}: {SaidOptions.Complete(invocation, Words(seen))}") };
    }

    /// <summary>Whether to go on with a provider: those before it must be right where something is to be done; where nothing is, it is looked at later.</summary>
    public static async Task<bool> IsDueAsync(RolloutGate gate, string name, MigrationTarget target, bool hasSteps, CancellationToken cancellationToken)
    {
        var rows = await target.ReadAsync(cancellationToken);
        if (hasSteps) await gate.BeforeAsync(rows, cancellationToken);
        // One without a history has nothing that it could be compared with.
        else if (rows.Count > 0) gate.Pass(name, target);
        return hasSteps;
    }

    /// <summary>What a baseline is compared by.</summary>
    public static async Task<SchemaBaseline> BaselineAsync(Invocation invocation, MigrationTarget target, CancellationToken cancellationToken)
    {
        var check = new BaselineCheck(SchemaDriftCommand.Options(invocation, DriftTargets.All(invocation)), await SchemaDriftCommand.IgnoredAsync(invocation, cancellationToken));
        return new(target, check.RunAsync, what => Invocation.Note(Terminal.Safe(what))) { IsAccepted = check.IsAccepted };
    }

    public static void Write(Invocation invocation, TextWriter writer, string before, ProviderChecked? seen)
    {
        if (seen is not { What: ProviderChecked.Drift } and not { NotCompared: not null }) return;
        writer.WriteLine($"{before}{SaidOptions.Complete(invocation, Words(seen))}");
        if (seen.WaitsForAccess == true) writer.WriteLine($"{before}its new tables wait for: holdfast access apply");
    }

    /// <summary>What was read where nothing was missing, and what was not.</summary>
    public static string UpToDate(ProviderChecked? seen) => seen switch
    {
        null => "up to date: its history was read",
        { What: ProviderChecked.Columns } => "up to date: its history and the names of all its columns were read ('holdfast schema drift' compares everything)",
        _ => "up to date: its history was read ('holdfast schema drift' compares everything)",
    };

    private static string Words(ProviderChecked seen)
    {
        if (seen.NotCompared is { } why) return $"NOT compared with its migrations: {Terminal.Safe(why)}";
        var accepted = seen.Accepted is > 0 and var count ? $", {count} accepted" : "";
        return $"compared with its migrations: {(seen.NotJudged is { Count: > 0 } waiting ? $"all but what {Terminal.Safe(string.Join(", ", waiting))} makes, which waits for a later phase: " : "")}{(seen.Lesser is > 0 and var lesser ? $"no error, {lesser} {(lesser == 1 ? "lesser finding" : "lesser findings")} ('holdfast schema drift')" : accepted.Length > 0 ? "nothing else differs" : "nothing differs")}{accepted}";
    }
}
