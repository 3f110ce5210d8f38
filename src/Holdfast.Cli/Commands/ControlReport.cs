using Holdfast.Cli.Output;
using Holdfast.Operations.Control;
using Holdfast.Providers.Control;

namespace Holdfast.Cli.Commands;

/// <summary>An operator's decision as the command line prints it, and whom it has reached.</summary>
internal sealed record ControlReport(
    bool DryRun, DateTimeOffset? FrozenSince, string? Use, IReadOnlyList<string> Drained, DateTimeOffset ChangedAt, string ChangedBy,
    IReadOnlyList<string> Told, IReadOnlyList<string> NotTold)
{
    /// <summary>Decides, tells everybody, and prints what is in force now.</summary>
    /// <param name="invocation">The run.</param>
    /// <param name="decide">Makes the next state of the last one.</param>
    /// <param name="effect">What it does, in a sentence.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task<ExitCode> RunAsync(Invocation invocation, Func<ControlDecision, ControlState, ControlState> decide, string effect, CancellationToken cancellationToken)
    {
        var (target, options) = (invocation.Target, invocation.Target.Options);
        if (target.IsLocal)
            throw new CliException(ExitCode.Refused, "No provider is configured: routes, drains and the freeze switch belong to a memory with providers.", "holdfast config check");
        invocation.AnnounceTarget();
        var control = new ProviderControl(options, target.Servers);
        Invocation.Note($"control file: {control.Path}");
        var decision = new ControlDecision([.. target.Servers.Select(server => server.Name)], options.TimeProvider, ControlDecision.Operator);
        var change = await control.ChangeAsync(last => decide(decision, last), invocation.DryRun, cancellationToken);
        var report = new ControlReport(invocation.DryRun, change.After.FrozenSince, change.After.Use, change.After.Drained, change.After.ChangedAt, change.After.ChangedBy, change.Told, change.NotTold);
        return invocation.Print(report, CliJson.Default.ControlReport, writer =>
        {
            writer.WriteLine(invocation.DryRun ? $"would be done: {effect}" : effect);
            if (invocation.DryRun) return;
            writer.WriteLine("Processes of this machine know it within a second.");
            if (change.Told.Count > 0) writer.WriteLine($"Those of other machines get it from: {string.Join(", ", change.Told)}.");
            if (change.NotTold.Count > 0) writer.WriteLine($"Did not take it, and get it from the spool when they are back: {string.Join(", ", change.NotTold)}.");
        });
    }
}
