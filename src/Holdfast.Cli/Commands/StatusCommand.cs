using System.CommandLine;
using System.Globalization;
using Holdfast.Cli.Output;
using Holdfast.Rows;
using Holdfast.Stores.Queries;

namespace Holdfast.Cli.Commands;

/// <summary><c>holdfast status</c>: where the memory is, and how much is in it.</summary>
internal static class StatusCommand
{
    public static Command Create() => CommandFactory.Create("status", "Says where the memory is, whether it answers, and what is in it.", "holdfast status", [], RunAsync);

    private static async Task<ExitCode> RunAsync(Invocation invocation, CancellationToken cancellationToken)
    {
        await using var memory = await invocation.OpenAsync(cancellationToken);
        var store = memory.Writer.Store;
        var tables = await StatusQueries.CountsAsync(store, cancellationToken).Select(count => new TableStatus(count.Table, count.Rows, count.Bytes)).ToListAsync(cancellationToken);
        var status = new StoreStatus(invocation.Target.Name, memory.Address, await StatusQueries.SchemaVersionAsync(store, cancellationToken) ?? "none",
            invocation.Target.IsLocal ? await StatusQueries.FileSizeAsync(store, cancellationToken) : tables.Sum(table => table.Bytes ?? 0), memory.Writer.Clock.FarAheadCount, tables);
        return invocation.Print(status, CliJson.Default.StoreStatus, writer => Write(writer, status));
    }

    private static void Write(TextWriter writer, StoreStatus status)
    {
        var rows = status.Tables.Where(table => Tables.Get(table.Name).IsMerged).Sum(table => table.Rows);
        writer.WriteLine($"{status.Provider} answers: {rows.ToString("N0", CultureInfo.InvariantCulture)} rows, {Size(status.Bytes)}.");
        writer.WriteLine($"{status.Address}  schema {status.SchemaVersion}");
        writer.WriteLine();
        var full = status.Tables.Where(table => table.Rows > 0 && Tables.Get(table.Name).IsMerged).ToList();
        if (full.Count > 0)
            TextColumns.Write(writer, ["TABLE", "ROWS", "SIZE"], full.Select(table => new[] { table.Name, table.Rows.ToString("N0", CultureInfo.InvariantCulture), table.Bytes is { } bytes ? Size(bytes) : "-" }));
        else writer.WriteLine("Nothing is remembered yet; try: holdfast remember \"hello\" --session first");
    }

    internal static string Size(long bytes) => bytes switch
    {
        < 10_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes} B"),
        < 10_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e3:0.#} kB"),
        < 10_000_000_000 => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e6:0.#} MB"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{bytes / 1e9:0.#} GB"),
    };
}

internal sealed record StoreStatus(string Provider, string Address, string SchemaVersion, long Bytes, long StampsFarAhead, List<TableStatus> Tables);

internal sealed record TableStatus(string Name, long Rows, long? Bytes);
