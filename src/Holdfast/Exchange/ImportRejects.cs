using System.Text;
using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Keeps account of what was refused: told at once, copied as it stood, and the first hundred kept for the result.</summary>
internal sealed class ImportRejects(ImportOptions options) : IDisposable
{
    private const int KeptMax = 100;

    private static readonly byte[] LineFeed = [(byte)'\n'];

    private readonly List<ImportReject> _first = [];
    private readonly SemaphoreSlim _writing = new(1, 1);
    private long _count;

    public long Count => Interlocked.Read(ref _count);

    public IReadOnlyList<ImportReject> First => _first;

    /// <summary>A line that cannot be read or kept.</summary>
    public async ValueTask AddAsync(ReadOnlyMemory<byte> copy, long line, string? field, string problem, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            Tell(new ImportReject(options.FileName, line, field, problem));
            if (options.Rejects is not { } stream) return;
            await stream.WriteAsync(copy, cancellationToken).ConfigureAwait(false);
            await stream.WriteAsync(LineFeed, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>A line that is too long to be held: it is copied in pieces as the reader goes behind it.</summary>
    public async ValueTask AddTooLongAsync(LineReader lines, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var length = await lines.SkipAsync(options.Rejects, cancellationToken).ConfigureAwait(false);
            if (options.Rejects is { } stream) await stream.WriteAsync(LineFeed, cancellationToken).ConfigureAwait(false);
            Tell(new ImportReject(options.FileName, lines.Number, null, FormattableString.Invariant($"has {length} bytes; a line may have {options.LineBytesMax}. Split it.")));
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>A row that the store refused: the line is gone by now, so the row is copied as an export would write it.</summary>
    public ValueTask AddAsync(Row row, long line, string problem, CancellationToken cancellationToken) =>
        AddAsync(Encoding.UTF8.GetBytes(row.Table == Tables.SessionMemories ? MemoryLine.Of(row) : row.Text("content") ?? ""), line, null, problem, cancellationToken);

    private void Tell(ImportReject reject)
    {
        Interlocked.Increment(ref _count);
        if (_first.Count < KeptMax) _first.Add(reject);
        options.Rejected?.Report(reject);
    }

    public void Dispose() => _writing.Dispose();
}
