using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Access;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast access</c>: plan, apply, verify, tls.</summary>
internal static class AccessCommand
{
    public static readonly Option<bool> RowSecurity = new("--row-security") { Description = "Keep tenants apart in the server too, by row-level security." };
    public static readonly Option<bool> Exclusive = new("--exclusive") { Description = "The database is Holdfast's alone, although others have tables in it: PUBLIC loses its rights to it." };
    public static readonly Option<bool> Shared = new("--shared") { Description = "Others use the database too: PUBLIC keeps its rights to it." };

    public static Command Create() => CommandFactory.Group("access", "Who may do what on the servers: roles, grants, row-level security, TLS.",
        AccessPlanCommand.Create(), AccessApplyCommand.Create(), AccessVerifyCommand.Create(), AccessTlsCommand.Create());

    public static AccessOptions Options(Invocation invocation) => (invocation.Get(Exclusive), invocation.Get(Shared)) switch
    {
        (true, true) => throw new CliException(ExitCode.Usage, "--exclusive and --shared contradict each other.", $"holdfast {invocation.Command} --help"),
        (true, false) => new AccessOptions(invocation.Get(RowSecurity), Exclusive: true),
        (false, true) => new AccessOptions(invocation.Get(RowSecurity), Exclusive: false),
        _ => new AccessOptions(invocation.Get(RowSecurity)),
    };

    /// <summary>The servers, backups first: what goes wrong is seen where it does the least harm.</summary>
    public static IEnumerable<(ProviderOptions Server, AccessControl Control)> Servers(Invocation invocation) =>
        ServerReports.Servers(invocation).Select(server => (server, new AccessControl(ProviderEndpoints.Control(server), invocation.Target.Options.Schema)));
}
