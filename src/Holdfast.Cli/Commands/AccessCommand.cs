using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access</c>: plan, apply, verify, tls.</summary>
internal static class AccessCommand
{
    public static readonly Option<bool> RowSecurity = new("--row-security") { Description = "Keep tenants apart in the server too, by row-level security." };
    public static readonly Option<bool> NoRowSecurity = new("--no-row-security") { Description = "Switch row-level security off where it is on: the application sees the rows of all tenants." };
    public static readonly Option<bool> TakeOver = new("--take-over") { Description = "Give what others have in the schema to its owner role: another application loses it." };
    public static readonly Option<bool> Exclusive = new("--exclusive") { Description = "The database is Holdfast's alone, although others have tables in it: PUBLIC loses its rights to it." };
    public static readonly Option<bool> Shared = new("--shared") { Description = "Others use the database too: PUBLIC keeps its rights to it." };

    public static Command Create() => CommandFactory.Group("access", "Who may do what on the servers: roles, grants, row-level security, TLS.",
        AccessPlanCommand.Create(), AccessApplyCommand.Create(), AccessVerifyCommand.Create(), AccessTlsCommand.Create());

    /// <param name="invocation">The command line.</param>
    /// <param name="takesOver">The command has <see cref="TakeOver"/>.</param>
    public static AccessOptions Options(Invocation invocation, bool takesOver = false)
    {
        var (exclusive, shared) = Pair(invocation, Exclusive, Shared);
        var (on, off) = Pair(invocation, RowSecurity, NoRowSecurity);
        return new AccessOptions(on, exclusive ? true : shared ? false : null) { WithoutRowSecurity = off, TakesOver = takesOver && invocation.Get(TakeOver) };
    }

    private static (bool, bool) Pair(Invocation invocation, Option<bool> one, Option<bool> other) => invocation.Get(one) && invocation.Get(other)
        ? throw new CliException(ExitCode.Usage, $"{one.Name} and {other.Name} contradict each other.", $"holdfast {invocation.Command} --help")
        : (invocation.Get(one), invocation.Get(other));

    /// <summary>The servers, backups first: what goes wrong is seen where it does the least harm.</summary>
    public static IEnumerable<(ProviderOptions Server, AccessControl Control)> Servers(Invocation invocation) =>
        ServerReports.Servers(invocation).Select(server => (server, new AccessControl(ProviderEndpoints.Control(server), invocation.Target.Options.Schema)));
}
