using Holdfast.Rows;

namespace Holdfast.Exchange;

/// <summary>Rows on their way from the source to the store, with what is needed to report on them.</summary>
internal sealed class ImportBatch
{
    /// <summary>A batch closes at this size; two are being written and two more wait.</summary>
    private const long BytesMax = 4 * 1024 * 1024;

    private long _size;

    public List<Row> Rows { get; } = [];

    /// <summary>The line of each row.</summary>
    public List<long> Lines { get; } = [];

    /// <summary>Registers to be made for sessions that the store does not know: ids are looked up when the batch is written.</summary>
    public List<Row> NewSessions { get; } = [];

    /// <summary>Lines of the source that were refused since the batch before.</summary>
    public long Rejected { get; set; }

    /// <summary>How far the source was read.</summary>
    public long Bytes { get; set; }

    public bool IsFull => Rows.Count + NewSessions.Count >= Batch.RowsMax - 1 || _size >= BytesMax;

    public void Add(Row row, long line)
    {
        Rows.Add(row);
        Lines.Add(line);
        _size += row.Size;
    }
}
