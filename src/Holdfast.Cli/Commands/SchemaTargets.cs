using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Migrations;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary>The servers and the files that a command about migrations works on.</summary>
internal static class SchemaTargets
{
    public static readonly Option<DirectoryInfo> Directory = new("--directory") { Description = "Your own migrations instead of Holdfast's: V…__name.sql, U…, R….", HelpName = "DIR" };
    public static readonly Option<string> Schema = new("--schema") { Description = "The schema: of your own migrations and their history (default: public), or of Holdfast's tables.", HelpName = "NAME" };
    public static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for another migration or a backup.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };
    public static readonly Option<int> LockTimeout = new("--lock-timeout") { Description = "How many milliseconds a statement may wait for a table's lock before it is tried again later.", HelpName = "MS", DefaultValueFactory = _ => 500 };

    /// <summary>The servers in the order in which they lead; the local file has no migrations of its own to run.</summary>
    public static IReadOnlyList<(string Name, MigrationTarget Target)> Read(Invocation invocation, MigrationOptions? options = null)
    {
        if (invocation.Target.IsLocal)
            throw new CliException(ExitCode.Usage, "The local file is brought up to date whenever it is opened; this command is for PostgreSQL servers.", "Set HOLDFAST_PROVIDER_<NAME> to a server's URL, or say --provider NAME.");
        var set = Set(invocation);
        var schema = SchemaOf(invocation);
        // Migrations lead to the server itself: a pooler would lose their lock.
        return [.. invocation.Target.Servers.Select(server => (server.Name, new MigrationTarget(ProviderEndpoints.Control(server).ConnectionString, set, schema, options ?? new MigrationOptions(), TimeProvider.System)))];
    }

    public static string SchemaOf(Invocation invocation) => invocation.Get(Schema) ?? (invocation.Get(Directory) is null ? invocation.Target.Options.Schema : "public");

    public static MigrationSet Set(Invocation invocation) => invocation.Get(Directory) is { } directory ? MigrationSet.Read(directory.FullName) : MigrationSet.Shipped;

    public static MigrationOptions Patience(Invocation invocation)
    {
        if (invocation.Get(LockWait) < 0) throw new CliException(ExitCode.Usage, $"--lock-wait is {invocation.Get(LockWait)}; it is a number of seconds from 0.");
        if (invocation.Get(LockTimeout) is < 1 or > 60_000) throw new CliException(ExitCode.Usage, $"--lock-timeout is {invocation.Get(LockTimeout)}; allowed is 1 to 60000 milliseconds.");
        return new MigrationOptions { LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)), LockTimeout = TimeSpan.FromMilliseconds(invocation.Get(LockTimeout)) };
    }

    public static void Announce(string name, MigrationTarget target) => Invocation.Note($"target: {name}  {target.Name}");
}
