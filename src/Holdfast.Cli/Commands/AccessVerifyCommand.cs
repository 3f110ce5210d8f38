using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;
using Holdfast.Operations.Access.Effects;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access verify</c>: tries as every role what it may and what it must not.</summary>
internal static class AccessVerifyCommand
{
    private const int WrongShownMax = 50;

    private static readonly Option<FileInfo> Secrets = new("--secrets") { Description = "Log in as the roles whose URLs are in this file; the others are tried by SET ROLE.", HelpName = "FILE" };

    public static Command Create() => CommandFactory.Create("access verify",
        "Tries as every role, on every table, what it may and what it must not do. Everything is rolled back. Exit code 9 when something is not as declared.",
        "holdfast access verify --provider main", [Secrets, AccessCommand.RowSecurity, AccessCommand.NoRowSecurity, AccessCommand.Exclusive, AccessCommand.Shared], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var options = AccessCommand.Options(invocation);
        var secrets = invocation.Get(Secrets) is { } file ? new SecretsFile(file.FullName) : null;
        var urls = secrets is not null
            ? File.Exists(secrets.Path) ? await secrets.ReadAsync(cancellationToken) : throw new CliException(ExitCode.NotFound, $"There is no file {secrets.Path}.", "holdfast access apply --write-secrets FILE")
            : [];
        var verified = new List<AccessVerified>();
        var failed = new List<CliError>();
        foreach (var (server, control) in AccessCommand.Servers(invocation))
        {
            Invocation.Note($"target: {server.Name}  {control.Target}");
            if (secrets is not null && control.WithoutLogIn(secrets, urls) is { } without) Invocation.Note($"{server.Name}: {without}");
            if (invocation.DryRun) continue;
            try
            {
                verified.Add(AccessVerified.Of(server.Name, await control.VerifyAsync(options, urls, cancellationToken)));
            }
            catch (HoldfastException e)
            {
                // The others are tried all the same: one server that is away hides nothing that is wrong elsewhere.
                failed.Add(CliError.Of(e) with { Message = $"{server.Name}: {e.Message}" });
            }
        }
        // Nothing was tried anywhere: there is no result.
        if (verified.Count == 0 && failed.Count > 0) throw new CliException(failed[0].Code, failed[0].Message, failed[0].Suggestion);
        invocation.Print(verified, CliJson.Default.ListAccessVerified, writer =>
        {
            foreach (var one in verified) Write(writer, one);
        });
        foreach (var error in failed) Invocation.Note($"not verified: {error.Message}");
        var end = End(invocation, verified);
        return end == ExitCode.Done && failed.Count > 0 ? invocation.Note(failed[0]) : end;
    }

    public static void Write(TextWriter writer, AccessVerified verified)
    {
        foreach (var note in verified.Notes) Invocation.Note($"{verified.Provider}: {note}");
        // A line for each operation: there are more of them than of roles.
        var prefix = verified.Roles[0][..^"owner".Length];
        TextColumns.Write(writer, ["OPERATION", .. verified.Roles.Select(role => role.StartsWith(prefix, StringComparison.Ordinal) ? role[prefix.Length..] : role)],
            verified.Operations.Select(operation => verified.Roles
                .Select(role => Cell(verified.Matrix.FirstOrDefault(cell => cell.Role == role && cell.Operation == operation))).Prepend(operation).ToArray()));
        writer.WriteLine(verified.LoggedIn.Count == 0 ? "tried by SET ROLE" : $"tried by a log-in of their own: {string.Join(", ", verified.LoggedIn)}; the others by SET ROLE");
        foreach (var wrong in verified.Wrong.Take(WrongShownMax)) writer.WriteLine($"[FAIL] {Terminal.Safe(wrong)}");
        if (verified.Wrong.Count > WrongShownMax) writer.WriteLine($"… and {verified.Wrong.Count - WrongShownMax} more (--json)");
        writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{verified.Provider}: {(verified.IsRight ? "as declared" : $"{verified.Wrong.Count} of {verified.Tried} not as declared")}, {verified.Tried} tried ({verified.Milliseconds:0} ms)"));
    }

    public static ExitCode End(Invocation invocation, IReadOnlyList<AccessVerified> verified) => verified.FirstOrDefault(one => !one.IsRight) is not { } wrong ? ExitCode.Done
        : invocation.Note(new CliError(ExitCode.VerificationFailed, $"{wrong.Provider}: {wrong.Wrong[0]}", $"holdfast access plan --provider {wrong.Provider}"));

    // How many objects it may be done to, of how many; "FAIL 2" where two did not come as declared.
    private static string Cell(AccessEffects? cell) => cell is null ? "-" : cell.Right == cell.Tried ? $"{cell.Allowed}/{cell.Tried}" : $"FAIL {cell.Tried - cell.Right}";
}

/// <summary>What came of trying on a provider.</summary>
internal sealed record AccessVerified(
    string Provider, bool IsRight, int Tried, double Milliseconds, List<string> Roles, List<string> Operations, List<string> LoggedIn, List<AccessEffects> Matrix, List<string> Wrong, List<string> Notes)
{
    public static AccessVerified Of(string provider, EffectMatrix matrix) => new(provider, matrix.IsRight, matrix.Cells.Count, Math.Round(matrix.Duration.TotalMilliseconds),
        [.. matrix.Roles.Union(matrix.Cells.Select(cell => cell.Role))], [.. matrix.Operations], [.. matrix.LoggedIn],
        [.. matrix.Cells.GroupBy(cell => (cell.Role, cell.Operation)).Select(group => new AccessEffects(group.Key.Role, group.Key.Operation, group.Count(), group.Count(cell => cell.IsRight),
            group.Count(cell => cell.Expected == EffectOutcome.Allowed)))],
        [.. matrix.Wrong.Select(cell => cell.ToString())], [.. matrix.Notes]);
}

/// <summary>A role and an operation: on how many objects it was tried, came as declared, and had to be allowed.</summary>
internal sealed record AccessEffects(string Role, string Operation, int Tried, int Right, int Allowed);
