using System.Threading.Channels;
using Holdfast.Exchange;

namespace Holdfast;

/// <summary>
/// Reads memory from a stream: Holdfast JSONL as <see cref="MemoryExport"/> writes it, or OpenAI-style <c>messages</c> (a
/// document, a bare array, or one of either a line). Importing twice adds nothing; original times and order are kept; a bad
/// line is reported and the others go in. Memory is constant, except for a document, which is held as a whole (at most 64 MiB).
/// </summary>
/// <remarks>
/// A session that the store does not know is registered with its first line's user and time, so that it can be listed. After an error or a
/// cancellation the same import can be started again: it goes on where it was.
/// </remarks>
public sealed class MemoryImport(AgentMemory memory, ImportOptions? options = null)
{
    /// <summary>Batches that wait while others are being written.</summary>
    private const int WaitingMax = 2;

    private readonly ImportOptions _options = options ?? new ImportOptions();

    /// <summary>Imports all of a stream, which stays open.</summary>
    /// <exception cref="InvalidInputException">An option cannot be kept; nothing was read.</exception>
    /// <exception cref="StoreUnavailableException">The store does not answer; run the import again when it does.</exception>
    /// <exception cref="OperationCanceledException">The token fired; what progress was reported is stored.</exception>
    public async Task<ImportResult> ReadAsync(Stream source, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        _options.Validate();
        using var rejects = new ImportRejects(_options);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var tenantId = _options.TenantId ?? memory.TenantId;
        var batches = Channel.CreateBounded<ImportBatch>(new BoundedChannelOptions(WaitingMax) { SingleWriter = true });
        var reader = new ImportReader(source, _options, memory.TenantId, rejects, batches.Writer);
        var writer = new ImportWriter(memory.Writer, tenantId, rejects, _options.Progress);

        List<Task> tasks = [Task.Run(() => reader.RunAsync(stop.Token), CancellationToken.None)];
        for (var i = 0; i < memory.Writer.Store.ConcurrentBatchesMax; i++)
            tasks.Add(Task.Run(() => writer.DrainAsync(batches.Reader, stop.Token), CancellationToken.None));
        await AllAsync(tasks, stop).ConfigureAwait(false);
        if (_options.Rejects is { } stream) await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
        return writer.Result(reader.Bytes, reader.Ignored);
    }

    // The first that fails stops the others, and its error is the one that is told.
    private static async Task AllAsync(List<Task> tasks, CancellationTokenSource stop)
    {
        Task? failed = null;
        while (tasks.Count > 0)
        {
            var ended = await Task.WhenAny(tasks).ConfigureAwait(false);
            tasks.Remove(ended);
            if (ended.IsCompletedSuccessfully || failed is not null) continue;
            failed = ended;
            await stop.CancelAsync().ConfigureAwait(false);
        }
        if (failed is not null) await failed.ConfigureAwait(false);
    }
}
