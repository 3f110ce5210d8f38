using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access apply</c>: makes roles, grants, guard and row-level security, and proves them.</summary>
internal static class AccessApplyCommand
{
    private static readonly Option<FileInfo> Secrets = new("--write-secrets")
    {
        Description = "Give roles without a password a new one, and write their URLs into this file (mode 0600). Without it nobody can log in as them yet.", HelpName = "FILE",
    };

    public static Command Create() => CommandFactory.Create("access apply",
        "Makes the roles with their grants, the guard against deleting and, with --row-security, the separation of tenants; then tries all of it (see 'access verify'). Run it again after every restore.",
        "holdfast access apply --provider main --write-secrets access.secrets --yes", [Secrets, AccessCommand.RowSecurity, AccessCommand.NoRowSecurity, AccessCommand.Exclusive, AccessCommand.Shared, AccessCommand.TakeOver], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = AccessCommand.Options(invocation, takesOver: true);
        var file = invocation.Get(Secrets) is { } given ? new SecretsFile(given.FullName) : null;
        var plans = new List<AccessPlanned>();
        var applied = new List<AccessApplied>();
        foreach (var (server, control) in AccessCommand.Servers(invocation))
        {
            Invocation.Note($"target: {server.Name}  {control.Target}");
            if (invocation.DryRun)
            {
                plans.Add(AccessPlanned.Of(server.Name, await control.PlanAsync(options, cancellationToken)));
                continue;
            }
            try
            {
                if (!invocation.Yes) Confirmation.Require(invocation, await QuestionAsync(server.Name, control, options, cancellationToken));
                var (done, isAsPlanned) = await ApplyAsync(server.Name, control, options, file, cancellationToken);
                applied.Add(done);
                // What only the console can do is told, and is no reason to leave the others as they are.
                if (!isAsPlanned) break;
            }
#pragma warning disable CA1031 // Told behind what was done before it.
            catch (Exception e) when (applied.Count > 0)
#pragma warning restore CA1031
            {
                var error = CliError.Of(e);
                Print(invocation, applied, file);
                return invocation.Note(error with { Message = $"{server.Name}: {error.Message} Applied before it: {string.Join(", ", applied.Select(one => one.Provider))}." });
            }
        }
        if (invocation.DryRun) return AccessPlanCommand.Print(invocation, plans);
        Print(invocation, applied, file);
        return AccessVerifyCommand.End(invocation, [.. applied.Select(one => one.Verified)]);
    }

    /// <summary>What cannot be had back by the next run is named.</summary>
    private static async Task<string> QuestionAsync(string provider, AccessControl control, AccessOptions options, CancellationToken cancellationToken)
    {
        var change = $"Change roles and rights on {provider} ({control.Target})";
        if (options.WithoutRowSecurity) change += ", switch row-level security off so that the application sees the rows of all tenants";
        if (!options.TakesOver) return change + "?";
        var plan = await control.PlanAsync(options, cancellationToken);
        return plan.TakenOver.Count == 0 ? change + "?" : $"{change}, and take from their owners: {string.Join(", ", plan.TakenOver)}?";
    }

    private static void Print(Invocation invocation, List<AccessApplied> applied, SecretsFile? file) =>
        invocation.Print(applied, CliJson.Default.ListAccessApplied, writer =>
        {
            foreach (var one in applied)
            {
                writer.WriteLine($"{one.Provider}: {Made(one.Statements, one.NewPasswords, file)}");
                AccessVerifyCommand.Write(writer, one.Verified);
            }
        });

    private static string Made(int statements, IReadOnlyList<string> passwords, SecretsFile? file) =>
        $"{statements} statements applied{(passwords.Count == 0 ? "" : $"; new passwords in {file!.Path}: {string.Join(", ", passwords)}")}";

    private static async Task<(AccessApplied Done, bool IsAsPlanned)> ApplyAsync(string provider, AccessControl control, AccessOptions options, SecretsFile? file, CancellationToken cancellationToken)
    {
        var (plan, passwords) = await control.ApplyAsync(options, file, cancellationToken);
        AccessPlanCommand.Note(AccessPlanned.Of(provider, plan));
        // Read back by trying: what was granted is not yet what can be done.
        try
        {
            var matrix = await control.VerifyAsync(options, file is null ? [] : await file.ReadAsync(cancellationToken), cancellationToken);
            return (new AccessApplied(provider, plan.Statements.Count, [.. passwords], [.. plan.ByHand], AccessVerified.Of(provider, matrix)), plan.Explains(matrix));
        }
#pragma warning disable CA1031 // Told behind what was done.
        catch (Exception e)
#pragma warning restore CA1031
        {
            var error = CliError.Of(e);
            throw new CliException(error.Code, $"{provider}: {Made(plan.Statements.Count, passwords, file)}, and stay so; that they work was not proven: {error.Message}", $"holdfast access verify --provider {provider}");
        }
    }
}

/// <summary>What was done on a provider, and how it stands after it.</summary>
internal sealed record AccessApplied(string Provider, int Statements, List<string> NewPasswords, List<ManualStep> ByHand, AccessVerified Verified);
