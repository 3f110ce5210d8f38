using System.CommandLine;
using Holdfast.Cli.Output;
using Holdfast.Operations.Schema.Indexes;
using Holdfast.Providers.Configuration;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast schema index build</c> and <c>drop</c>: one index, while everybody goes on.</summary>
internal static class SchemaIndexChangeCommand
{
    private static readonly Argument<string?> NameOrNone = new("name") { Description = "The index, as 'schema index check' names it.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Argument<string> Name = new("name") { Description = "The index." };
    private static readonly Option<string> Table = new("--table") { Description = "The table of an index that no migration declares.", HelpName = "TABLE" };
    private static readonly Option<string> Columns = new("--columns") { Description = "Its columns, in order.", HelpName = "A,B" };
    private static readonly Option<int> LockWait = new("--lock-wait") { Description = "How many seconds to wait for a migration or another build.", HelpName = "SECONDS", DefaultValueFactory = _ => 60 };

    public static Command CreateBuild() => CommandFactory.Create("schema index build", "Builds an index that is missing or invalid, while writers go on; drops what a failed build left.",
        "holdfast schema index build session_memories_session_id_stamp_idx --provider main --yes", [NameOrNone, Table, Columns, SchemaIndexCommand.Schema, LockWait], BuildAsync);

    public static Command CreateDrop() => CommandFactory.Create("schema index drop", "Drops an index while everybody goes on, and prints how to make it again. Refused for what a constraint stands on and what a migration declares.",
        "holdfast schema index drop orders_old_idx --schema public --provider main --yes", [Name, SchemaIndexCommand.Schema, LockWait], DropAsync);

    private static Task<ExitCode> BuildAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        var (name, table, columns) = (invocation.Get(NameOrNone), invocation.Get(Table), invocation.Get(Columns));
        if (table is null != columns is null || (name ?? table) is null) throw new CliException(ExitCode.Usage, "Name the index, or say --table TABLE --columns A,B.", "holdfast schema index build --help");
        IndexBuild Build(ProviderOptions server) => new(ProviderEndpoints.Control(server), SchemaIndexCommand.SchemaOf(invocation), invocation.Target.Options.TimeProvider)
        {
            Name = name, Table = table, Columns = columns?.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) ?? [], LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)),
        };
        return RunAsync(invocation, "built", server => Build(server).PlanAsync(cancellationToken), server => Build(server).RunAsync(Invocation.Note, cancellationToken), cancellationToken);
    }

    private static Task<ExitCode> DropAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        IndexDrop Drop(ProviderOptions server) => new(ProviderEndpoints.Control(server), SchemaIndexCommand.SchemaOf(invocation), invocation.Get(Name), invocation.Target.Options.TimeProvider) { LockWaitMax = TimeSpan.FromSeconds(invocation.Get(LockWait)) };
        return RunAsync(invocation, "dropped", server => Drop(server).PlanAsync(cancellationToken), server => Drop(server).RunAsync(cancellationToken), cancellationToken);
    }

    private static async Task<ExitCode> RunAsync(Invocation invocation, string done, Func<ProviderOptions, Task<IndexChange>> plan, Func<ProviderOptions, Task<IndexChange>> run, CancellationToken cancellationToken)
    {
        var servers = ServerReports.Servers(invocation);
        var items = new List<IndexChangeItem>();
        foreach (var server in servers)
        {
            var change = await TranslatedAsync(() => plan(server));
            Invocation.Note($"target: {server.Name}  {change.Target}");
            foreach (var sql in change.Statements) Invocation.Note($"  {sql};");
            foreach (var old in change.WaitsFor) Invocation.Note($"  waits for {old}");
            items.Add(Item(server.Name, change.Statements.Count == 0 ? "right" : "planned", change));
        }
        if (invocation.DryRun) return Print(invocation, new IndexChanged(true, false, items));
        if (items.Any(item => item.Sql.Count > 0)) Confirmation.Require(invocation, $"Run these statements on {string.Join(", ", items.Where(item => item.Sql.Count > 0).Select(item => item.Provider))}?");
        for (var i = 0; i < servers.Count; i++)
        {
            if (items[i].Sql.Count == 0) continue;
            try
            {
                var change = await TranslatedAsync(() => run(servers[i]));
                items[i] = Item(servers[i].Name, change.Statements.Count == 0 ? "right" : done, change);
            }
#pragma warning disable CA1031 // Told below, with what was done before it.
            catch (Exception e)
#pragma warning restore CA1031
            {
                var error = CliError.Of(e);
                items[i] = items[i] with { State = "failed", Error = error.Message };
                for (var later = i + 1; later < items.Count; later++) items[later] = items[later] with { State = "not_reached" };
                Print(invocation, new IndexChanged(false, false, items));
                return invocation.Note(error with { Message = $"{servers[i].Name}: {error.Message}" });
            }
        }
        return Print(invocation, new IndexChanged(false, true, items));
    }

    private static async Task<IndexChange> TranslatedAsync(Func<Task<IndexChange>> work)
    {
        try
        {
            return await work();
        }
        catch (UnknownIndexException e)
        {
            throw new CliException(ExitCode.NotFound, e.Message, e.Suggestion);
        }
    }

    private static IndexChangeItem Item(string provider, string state, IndexChange change) => new(provider, state, change.Target, change.Index, [.. change.Statements], [.. change.WaitsFor], change.Milliseconds, change.Again, null, change.ThereAs);

    private static ExitCode Print(Invocation invocation, IndexChanged result) => invocation.Print(result, CliJson.Default.IndexChanged, writer =>
    {
        foreach (var item in result.Providers)
        {
            writer.WriteLine($"{item.Provider}: {item.Index} {(item.ThereAs is { } same ? $"is there as {same}" : item.State.Replace('_', ' '))}{(item.Ms is { } ms ? $" in {Figures.Milliseconds(ms)}" : "")}");
            if (item.Again is { } again) writer.WriteLine($"  to make it again: {again};");
        }
    });
}

/// <summary>What became of an index on each provider.</summary>
internal sealed record IndexChanged(bool DryRun, bool Complete, List<IndexChangeItem> Providers);

/// <summary>One provider: <c>planned</c>, <c>right</c> (nothing was to be done), <c>built</c>, <c>dropped</c>, <c>failed</c>, <c>not_reached</c>.</summary>
internal sealed record IndexChangeItem(string Provider, string State, string Target, string Index, List<string> Sql, List<string> WaitsFor, double? Ms, string? Again, string? Error, string? ThereAs = null);
